#define _GNU_SOURCE
#include "hs_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int32_t hs_move(int32_t from_folder, const char *from, int32_t to_folder, const char *to, int32_t exchange) {
  return renameat2(from_folder, from, to_folder, to, exchange ? RENAME_EXCHANGE : 0) ? errno : 0;
}

int32_t hs_sync_file_system(int32_t fd) { return syncfs(fd) ? errno : 0; }

int32_t hs_allocate(int32_t fd, int64_t offset, int64_t size) {
  return fallocate(fd, 0, offset, size) && errno != EOPNOTSUPP ? errno : 0;
}
