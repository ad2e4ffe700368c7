/* A plugin that tries what only its process could be kept from: `prowler.try` takes `ACTION ARGUMENT` and answers with `ok` or the
 * name of the system's error. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "creature.h"

static int with_file(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

static int with_socket(int domain, int type, const char *port) {
  int fd = socket(domain, type, 0);
  if (fd < 0) return errno;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int code = *port && connect(fd, (struct sockaddr *)&address, sizeof address) ? errno : 0;
  close(fd);
  return code;
}

static int with_program(const char *path) {
  pid_t child = fork();
  if (child < 0) return errno;
  if (!child) {
    execl(path, path, (char *)NULL);
    _exit(errno);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int try(const char *action, const char *argument) {
  if (!strcmp(action, "read")) return with_file(argument, O_RDONLY);
  if (!strcmp(action, "create")) return with_file(argument, O_WRONLY | O_CREAT);
  if (!strcmp(action, "connect")) return with_socket(AF_INET, SOCK_STREAM, argument);
  if (!strcmp(action, "udp")) return with_socket(AF_INET, SOCK_DGRAM, "");
  if (!strcmp(action, "unix")) return with_socket(AF_UNIX, SOCK_STREAM, "");
  if (!strcmp(action, "run")) return with_program(argument);
  if (!strcmp(action, "signal")) return kill(atoi(argument), 0) ? errno : 0;
  return ENOSYS;
}

static int32_t on_call(void *context, const dvt_request *request, const dvt_sink *reply, const dvt_error_sink *error) {
  (void)context;
  char words[512];
  if (request->data.len >= sizeof words) return refuse(error, DVT_INVALID, "too long");
  memcpy(words, request->data.ptr, request->data.len);
  words[request->data.len] = 0;
  char *space = strchr(words, ' ');
  if (space) *space = 0;
  int code = try(words, space ? space + 1 : "");
  const char *name = code ? strerrorname_np(code) : "ok";
  return reply->write(reply->context, (const uint8_t *)name, strlen(name));
}

static int32_t init(const dvt_host *host, void **instance, const dvt_error_sink *error) {
  (void)instance;
  const dvt_services *services = host->get_interface(host, TEXT(DVT_SERVICES_INTERFACE));
  dvt_handle handle;
  return services->provide(host, TEXT("prowler.try"), on_call, NULL, &handle, error);
}

static int32_t cleanup(void *instance, const dvt_error_sink *error) { return (void)instance, (void)error, DVT_OK; }

const dvt_plugin *dovetail_plugin(const dvt_handshake *handshake) {
  static const dvt_plugin plugin = {HEADER(dvt_plugin), .init = init, .cleanup = cleanup};
  return handshake->abi_major == DVT_ABI_MAJOR ? &plugin : NULL;
}
