/* start FROM TO: copies every .so of FROM into TO, maps it, finds its entry and makes the four calls that start it.
 * Prints the nanoseconds that took. The limit of `start-1000`: what nobody who copies and starts plugins can undercut. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <dovetail.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 20];

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void copy(const char *from, const char *to) {
  int source = open(from, O_RDONLY | O_CLOEXEC);
  if (source < 0) fail(from);
  int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
  if (target < 0) fail(to);
  ssize_t n;
  while ((n = read(source, buffer, sizeof buffer)) > 0)
    if (write(target, buffer, (size_t)n) != n) fail(to);
  close(source);
  close(target);
}

static void start(const char *path, const char *name) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  dvt_entry entry = (dvt_entry)dlsym(handle, DVT_ENTRY_SYMBOL);
  dvt_handshake handshake = {.struct_size = sizeof handshake, .abi_major = DVT_ABI_MAJOR, .abi_minor = DVT_ABI_MINOR,
                             .plugin_id = {(const uint8_t *)name, strlen(name)}, .generation = 1};
  const dvt_plugin *plugin = entry(&handshake);
  void *instance = NULL;
  if (plugin->pre_init(NULL, &instance, NULL) || plugin->init(NULL, &instance, NULL) ||
      plugin->post_init(instance, NULL))
    fail(path);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int64_t began = now();
  DIR *folder = opendir(argv[1]);
  if (!folder) fail(argv[1]);
  struct dirent *found;
  while ((found = readdir(folder))) {
    if (found->d_name[0] == '.') continue;
    char from[4096], to[4096];
    snprintf(from, sizeof from, "%s/%s", argv[1], found->d_name);
    snprintf(to, sizeof to, "%s/%s", argv[2], found->d_name);
    copy(from, to);
    start(to, found->d_name);
  }
  closedir(folder);
  printf("%lld\n", (long long)(now() - began));
  return 0;
}
