#include "hs_symbols.h"

#include <elf.h>
#include <string.h>

void hs_symbols_find(const void *table, size_t size, hs_symbol *places, size_t count) {
  for (size_t at = 0; at + sizeof(Elf64_Sym) <= size; at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    memcpy(&symbol, (const char *)table + at, sizeof symbol);
    unsigned type = ELF64_ST_TYPE(symbol.st_info);
    if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_shndx == SHN_UNDEF) continue;
    for (size_t i = 0; i < count; i++) {
      if (places[i].name || places[i].offset < symbol.st_value || places[i].offset - symbol.st_value >= symbol.st_size)
        continue;
      places[i].start = symbol.st_value;
      places[i].name = symbol.st_name;
    }
  }
}
