/* Functions in the symbol table of an ELF file. */
#ifndef HS_SYMBOLS_H
#define HS_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* A place, and the function that it is in. */
typedef struct hs_symbol {
  uint64_t offset; /* as the file's symbols count */
  uint64_t start;  /* of the function, once it was found */
  uint32_t name;   /* where in the table of names its name begins; 0 = not found */
  uint32_t reserved;
} hs_symbol;

/* Looks for the functions of `count` places among `size` bytes of Elf64_Sym. Those found before stay. [any-thread] */
void hs_symbols_find(const void *table, size_t size, hs_symbol *places, size_t count);

#endif
