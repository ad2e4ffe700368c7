// Boost.Signals2 with its default, thread-safe mutex. Package: libboost-dev.
#include <boost/signals2.hpp>
#include <ctime>

#include "peer.h"

using Signal = boost::signals2::signal<void(void *, const dvt_event *, const dvt_error_sink *)>;

static int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

static int64_t emit(Signal &signal, long rounds, const dvt_event *event) {
  int64_t began = now();
  for (long i = 0; i < rounds; i++) signal(nullptr, event, nullptr);
  return now() - began;
}

int64_t bench_peer_time(long rounds, int count, const dvt_handler *handlers, const dvt_event *event) {
  Signal signal;
  for (int i = 0; i < count; i++) signal.connect(handlers[i]);
  emit(signal, rounds / 10, event);
  return emit(signal, rounds, event);
}
