/* The limit of the file provider: the system calls of one record that is to survive power loss, by hand. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../Peers/store.h"

/* Writes `rounds` files of `size` bytes below `root`, in folders of 256, each by a temporary one. */
STORE_EXPORT int64_t files_write(const char *root, long rounds, uint32_t size) {
  static uint32_t number;
  static char bytes[4096];
  char temporary[4096], folder[4096], path[4096];
  memset(bytes, 'x', sizeof bytes);
  mkdir(root, 0700);
  for (int i = 0; i < 256; i++) {
    snprintf(folder, sizeof folder, "%s/%02x", root, i);
    mkdir(folder, 0700);
  }
  int64_t began = store_now();
  for (long i = 0; i < rounds; i++, number++) {
    snprintf(temporary, sizeof temporary, "%s/tmp-%u", root, number);
    snprintf(folder, sizeof folder, "%s/%02x", root, number * 2654435761u >> 24);
    snprintf(path, sizeof path, "%s/%02x/%u.json", root, number * 2654435761u >> 24, number);
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size || fsync(file) || close(file)) return -1;
    int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0 || rename(temporary, path) || fsync(parent) || close(parent)) return -1;
  }
  return store_now() - began;
}
