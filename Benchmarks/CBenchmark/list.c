#define _GNU_SOURCE
#include "CBenchmark.h"

#include <dirent.h>
#include <sys/stat.h>

int64_t bench_list(const char *path) {
  DIR *folder = opendir(path);
  if (!folder) return -1;
  int64_t count = 0;
  struct dirent *found;
  while ((found = readdir(folder))) {
    struct stat status;
    if (fstatat(dirfd(folder), found->d_name, &status, 0) == 0) count++;
  }
  closedir(folder);
  return count;
}
