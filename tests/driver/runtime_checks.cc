// Checks of the runtime that need its C++ interface. Prints failures; prints nothing and exits with 0 when all is well.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "driver/handlers.hh"
#include "driver/runtime.hh"
#include "driver/standalone_host.hh"

using namespace clickup;

namespace {

int failures = 0;

#define CHECK(condition)                                           \
  do {                                                             \
    if (!(condition)) {                                            \
      std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      ++failures;                                                  \
    }                                                              \
  } while (false)

std::unique_ptr<Router> router_of(const char* text, Host& host) {
  Diagnostics diagnostics;
  std::unique_ptr<Router> router = Router::build(text, "checks", diagnostics);
  if (router) router->initialize(host, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  failures += int(diagnostics.size());
  return router;
}

std::string value(Router& router, const char* handler) { return RouterHandlers(router).read_now(handler, "").text; }

void nothing_moves_before_resume_and_pause_drains_queues() {
  StandaloneHost host;
  auto router = router_of("e :: Emit(900, STOP false) -> Store -> s :: Fetch", host);
  Runtime runtime(*router);
  int channel[2];
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) == 0);
  int heard = 0;
  runtime.watch(channel[0], [&] {
    char text[8];
    heard += recv(channel[0], text, sizeof text, MSG_DONTWAIT) > 0;
  });
  CHECK(send(channel[1], "a", 1, 0) == 1);
  CHECK(runtime.round());
  CHECK(heard == 1);
  CHECK(value(*router, "s.count") == "0");
  runtime.resume();
  for (int i = 0; i < 20; ++i) runtime.round();
  CHECK(value(*router, "s.count") == "900");
  RouterHandlers(*router).write("e.limit", "1800", [](const HandlerReply&) {});
  router->find("e")->run_task();  // 64 packets wait in the queue
  runtime.pause();
  CHECK(!runtime.running());
  CHECK(value(*router, "s.count") == "964");
  CHECK(send(channel[1], "b", 1, 0) == 1);
  runtime.round();
  CHECK(heard == 2);
  CHECK(value(*router, "s.count") == "964");
  close(channel[0]);
  close(channel[1]);
}

void a_worker_that_was_preempted_drains_a_few_rounds() {
  StandaloneHost host;
  auto router = router_of("e :: Emit(1000, STOP false) -> Store -> d :: Slumber", host);
  Runtime runtime(*router);
  runtime.resume();
  for (int i = 0; i < 16; ++i) router->find("e")->run_task();
  runtime.pause();
  CHECK(value(*router, "d.count") == "256");
}

void pulls_append_and_filters_ask_again() {
  StandaloneHost host;
  auto router = router_of("e :: Emit(640, STOP false) -> q :: Store -> p :: Pass(DROP 2) -> Fetch", host);
  for (int i = 0; i < 10; ++i) router->find("e")->run_task();
  Element* pass = router->find("p");
  Batch batch;
  pass->pull(0, batch, 10);
  CHECK(batch.count == 5);
  pass->pull(0, batch, 1000);
  CHECK(batch.count == 5 + 30);  // 59 asked for, each second one dropped
  CHECK(value(*router, "p.count") == "69");
  // One packet at a time, each second one dropped: it pulls again instead of reporting that upstream is empty.
  Batch single;
  pass->pull(0, single, 1);
  pass->pull(0, single, 1);
  CHECK(single.count == 2);
  batch.release();
  single.release();
}

void pool_gives_fresh_packets_up_to_its_limit() {
  PacketPool pool;
  Packet* first = pool.allocate();
  first->length = 10;
  first->paint = 7;
  first->network_header = 200;
  std::memset(first->data(), 0x5a, 10);
  CHECK(first->prepend(4));
  std::memset(first->data(), 0x11, 4);
  first->strip(4);
  Packet* copy = pool.copy(*first);
  CHECK(copy->length == 10 && copy->paint == 7 && copy->network_header == 200 && copy->begin == first->begin);
  CHECK(std::memcmp(copy->buffer + kHeadroom - 4, "\x11\x11\x11\x11\x5a", 5) == 0);
  pool.release(first);
  Packet* again = pool.allocate();
  CHECK(again == first);
  CHECK(again->length == 0 && again->paint == 0 && again->network_header == Packet::kNoHeader);
  CHECK(again->begin == kHeadroom);
  CHECK(!again->prepend(kHeadroom + 1));
  uint32_t allocated = 2;
  while (pool.allocate()) ++allocated;
  CHECK(allocated == PacketPool::kMaxPackets);
}

void values_are_read_as_click_writes_them() {
  double seconds = 0;
  CHECK(parse_duration("5", seconds) && seconds == 5);
  CHECK(parse_duration("200ms", seconds) && seconds == 0.2);
  CHECK(parse_duration("1.5 min", seconds) && seconds == 90);
  CHECK(!parse_duration("5 weeks", seconds) && !parse_duration("", seconds) && !parse_duration("-1s", seconds));
  int64_t number = 0;
  CHECK(parse_integer("-9223372036854775808", number) && number == INT64_MIN);
  CHECK(!parse_integer("9223372036854775808", number) && !parse_integer("--1", number));
  std::string text;
  for (std::string_view bytes : {"", "plain", "a \"b\" \\ $c, (d", "\n\t\x01", "\xff"}) {
    CHECK(parse_string(quote_string(bytes), text) && text == bytes);
  }
  CHECK(!parse_string("\"open", text) && !parse_string("\\<0>", text) && !parse_string("\\<xy>", text));
  CHECK(split_arguments("a, \"b, c\", \\<2c>, , d // e, f\n, ").size() == 5);
}

void tables_and_counters_of_a_driver_alone() {
  StandaloneHost host;
  StateMemory memory;
  CHECK(host.state_memory("sessions", 1, 4096, memory).empty());
  CHECK(!memory.adopted && memory.bytes == 4096 && *static_cast<char*>(memory.address) == 0);
  CHECK(!host.state_memory("sessions", 1, 4096, memory).empty());
  CHECK(host.counter_slot("a") == host.counter_slot("a") && host.counter_slot("a") != host.counter_slot("b"));
}

}  // namespace

int main() {
  nothing_moves_before_resume_and_pause_drains_queues();
  a_worker_that_was_preempted_drains_a_few_rounds();
  pulls_append_and_filters_ask_again();
  pool_gives_fresh_packets_up_to_its_limit();
  values_are_read_as_click_writes_them();
  tables_and_counters_of_a_driver_alone();
  return failures == 0 ? 0 : 1;
}
