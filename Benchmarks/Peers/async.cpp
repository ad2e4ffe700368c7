/* Hands messages from one thread to another, as peers of the host's async delivery.
 * async spsc|mutex ROUNDS: prints nanoseconds from before the first push until the last message was taken, of the
 * second of two turns. The threads are pinned to two processors; both queues hold at most 1,024 messages of 64 bytes. */
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace {

constexpr std::size_t capacity = 1024;

struct Message {
  uint64_t number;
  uint8_t bytes[56];
};

void relax() { std::atomic_signal_fence(std::memory_order_seq_cst); __builtin_ia32_pause(); }

struct Lockfree {
  boost::lockfree::spsc_queue<Message, boost::lockfree::capacity<capacity>> queue;

  void push(const Message &message) {
    while (!queue.push(message)) relax();
  }
  void pop(Message &message) {
    while (!queue.pop(message)) relax();
  }
};

struct Locked {
  std::mutex mutex;
  std::condition_variable filled, emptied;
  std::deque<Message> queue;

  void push(const Message &message) {
    {
      std::unique_lock lock(mutex);
      emptied.wait(lock, [&] { return queue.size() < capacity; });
      queue.push_back(message);
    }
    filled.notify_one();
  }
  void pop(Message &message) {
    {
      std::unique_lock lock(mutex);
      filled.wait(lock, [&] { return !queue.empty(); });
      message = queue.front();
      queue.pop_front();
    }
    emptied.notify_one();
  }
};

void pin(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

template <class Queue>
int64_t time(uint64_t rounds) {
  auto queue = std::make_unique<Queue>();
  std::atomic<bool> ready{false};
  uint64_t sum = 0;
  std::thread taker([&] {
    pin(1);
    ready = true;
    Message message;
    for (uint64_t i = 0; i < rounds; i++) {
      queue->pop(message);
      sum += message.number;
    }
  });
  pin(0);
  while (!ready) std::this_thread::yield();
  auto began = std::chrono::steady_clock::now();
  Message message{};
  for (uint64_t i = 0; i < rounds; i++) {
    message.number = i;
    queue->push(message);
  }
  taker.join();
  auto took = std::chrono::steady_clock::now() - began;
  if (sum != rounds * (rounds - 1) / 2) std::abort();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(took).count();
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  uint64_t rounds = std::strtoull(argv[2], nullptr, 10);
  auto time_hops = std::strcmp(argv[1], "mutex") == 0 ? time<Locked> : time<Lockfree>;
  time_hops(rounds);
  std::printf("%lld\n", static_cast<long long>(time_hops(rounds)));
}
