/* The limit of reads by key: an unordered_map under a shared_mutex, with records as the host's store has them. */
#include "store.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

struct Record {
  int64_t number;
  std::string text;
  std::string tags[5];
};

std::unordered_map<std::string, std::shared_ptr<Record>> map;
std::shared_mutex mutex;
std::vector<std::string> keys;

std::shared_ptr<Record> make(uint32_t number) {
  auto record = std::make_shared<Record>();
  char text[STORE_TEXT];
  store_text(text, number);
  record->number = store_number(number);
  record->text.assign(text, sizeof text);
  for (int i = 0; i < 5; i++) record->tags[i] = "tag-" + std::to_string(number % (i + 2));
  return record;
}

int64_t read(long rounds, uint64_t seed) {
  uint64_t sum = 0;
  int64_t began = store_now();
  for (long i = 0; i < rounds; i++) {
    std::shared_lock lock(mutex);
    auto found = map.find(keys[(size_t(i) + seed) & 65535]);
    sum += found->second->text.size();
  }
  int64_t took = store_now() - began;
  return sum == uint64_t(rounds) * STORE_TEXT ? took : -1;
}

void pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

}  // namespace

extern "C" STORE_EXPORT int64_t map_fill(uint32_t count) {
  char key[16];
  for (uint32_t i = 0; i < count; i++) {
    store_key(key, i);
    map[key] = make(i);
  }
  uint64_t state = 7;
  for (int i = 0; i < 65536; i++) {
    store_key(key, store_random(&state, count));
    keys.push_back(key);
  }
  return 0;
}

/* Gets of random keys by one thread. */
extern "C" STORE_EXPORT int64_t map_get(long rounds) { return read(rounds, 0); }

/* The same on the first processor, while a thread on the second one writes as fast as it can when `writing` is set. */
extern "C" STORE_EXPORT int64_t map_get_beside(long rounds, int writing) {
  std::atomic<bool> ready{false}, done{false};
  std::thread writer([&] {
    pin(1);
    uint64_t state = 11;
    ready = true;
    while (writing && !done) {
      auto record = make(1);
      std::unique_lock lock(mutex);
      map[keys[store_random(&state, 65536)]] = std::move(record);
    }
  });
  int64_t took = 0;
  std::thread reader([&] {
    pin(0);
    while (!ready) {}
    took = read(rounds, 0);
    done = true;
  });
  reader.join();
  writer.join();
  return took;
}
