/* GLib's GSignal with one pointer as its argument, by the marshaller that GLib itself uses for such. Package: libglib2.0-dev. */
#define _GNU_SOURCE
#include <glib-object.h>
#include <time.h>

#include "peer.h"

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static guint signal_of_objects(void) {
  static guint signal;
  if (signal) return signal;
  static GType arguments[] = {G_TYPE_POINTER};
  signal = g_signal_newv(
      "bench-event", G_TYPE_OBJECT, G_SIGNAL_RUN_LAST, NULL, NULL, NULL, g_cclosure_marshal_VOID__POINTER, G_TYPE_NONE, 1,
      arguments);
  g_signal_set_va_marshaller(signal, G_TYPE_OBJECT, g_cclosure_marshal_VOID__POINTERv);
  return signal;
}

static int64_t emit(GObject *object, guint signal, long rounds, const dvt_event *event) {
  int64_t began = now();
  for (long i = 0; i < rounds; i++) g_signal_emit(object, signal, 0, event);
  return now() - began;
}

/* A handler gets the object, the event and no data: what one of the host's takes, in the same order. */
int64_t bench_peer_time(long rounds, int count, const dvt_handler *handlers, const dvt_event *event) {
  guint signal = signal_of_objects();
  GObject *object = g_object_new(G_TYPE_OBJECT, NULL);
  for (int i = 0; i < count; i++) g_signal_connect(object, "bench-event", G_CALLBACK(handlers[i]), NULL);
  emit(object, signal, rounds / 10, event);
  int64_t took = emit(object, signal, rounds, event);
  g_object_unref(object);
  return took;
}
