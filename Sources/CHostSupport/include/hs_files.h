/* System calls of Linux that the headers show to C programs only that ask for them. */
#ifndef HS_FILES_H
#define HS_FILES_H

#include <stdint.h>

/* Moves a file between open folders; with `exchange` the two names change what they stand for. `renameat2`.
 * Returns: 0, or an errno. [any-thread] */
int32_t hs_move(int32_t from_folder, const char *from, int32_t to_folder, const char *to, int32_t exchange);

/* Waits until all that a file system was given is on the disk. `syncfs`. Returns: 0, or an errno. [any-thread] */
int32_t hs_sync_file_system(int32_t fd);

/* Gives a file blocks, zeros at its end, unless its file system cannot. `fallocate`. Returns: 0, or an errno. [any-thread] */
int32_t hs_allocate(int32_t fd, int64_t offset, int64_t size);

#endif
