// The text of every message, and texts that cannot be read.
#include "shared/worker_messages.hh"

#include <cstdio>

using namespace clickup;

namespace {

int failures = 0;

void expect(bool holds, const std::string& what) {
  if (holds) return;
  std::printf("%s\n", what.c_str());
  ++failures;
}

Message message(const std::string& text) { return {text, {}}; }

// Checks that the message is encoded as this text, and reads back from it.
template <class Fields>
void same(const Fields& fields, const std::string& text) {
  expect(encode(fields) == text, encode(fields) + " is not " + text);
  auto read = parse<Fields>(message(text));
  expect(read && encode(*read) == text, text + " is not read");
}

template <class Fields>
void unreadable(const std::string& text) {
  expect(!parse<Fields>(message(text)), text + " is read");
}

void check_orders() {
  same(orders::Welcome{2}, "welcome 2");
  same(orders::PrepareWorker{7, Concurrency::beside}, "prepare 7 beside");
  same(orders::PrepareWorker{7, Concurrency::alone}, "prepare 7 alone");
  same(orders::PrepareCarrier{7, 8, Haste::in_time}, "prepare 7 8 in_time");
  same(orders::PrepareCarrier{7, 8, Haste::anyway}, "prepare 7 8 anyway");
  same(orders::Pause{8}, "pause 8");
  same(orders::Ring{"eth0", 2048, 4096}, "ring eth0 2048 4096");
  same(orders::RingFilled{"eth0"}, "ring_filled eth0");
  same(orders::Table{"s/t", {0xab}, {~0ull}}, "table s/t 00000000000000ab ffffffffffffffff");
  same(orders::Carry{Concurrency::alone}, "carry alone");
  expect(word_of(Order::watch) == "watch" && word_of(Order::resume) == "resume", "orders without fields");
}

void check_notices() {
  same(notices::Version{2}, "version 2");
  same(notices::Unknown{{"dance"}}, "unknown dance");
  same(notices::Socket{{"eth0"}}, "socket eth0");
  same(notices::Table{"s/t", {0xab}, 4096}, "table s/t 00000000000000ab 4096");
  same(notices::Counter{{"passed by"}}, "counter passed by");
  same(notices::Failed{"release", {"1: no\n2: never"}}, "failed release 1: no\n2: never");
  same(notices::FailedWithoutCause{{"1: no"}}, "failed 1: no");
  same(notices::Paused{1'000'000'000'000, 3}, "paused 1000000000000 3");
  same(notices::Running{1'000'000'000'000, 3}, "running 1000000000000 3");
  same(notices::RingMapped{"eth0"}, "ring_mapped eth0");
  same(notices::RingRefused{"eth0", {"no memory"}}, "ring_refused eth0 no memory");
  same(notices::RingChanged{"eth0"}, "ring_changed eth0");
  same(notices::Cannot{"s/t", {"no migration"}}, "cannot s/t no migration");
  same(notices::Behind{1, 2, 3}, "behind 1 2 3");
  same(notices::Rounds{4, 5}, "rounds 4 5");
  same(notices::Counts{"s/t", 1, 2, 3}, "counts s/t 1 2 3");
  expect(word_of(Notice::counts) == "counts" && word_of(Notice::progress) == "progress", "notices without fields");
}

void check_answers() {
  same(answers::Socket{2048, 4096}, "ok 2048 4096");
  same(answers::Table{Origin::fresh, 4096}, "ok new 4096");
  same(answers::Table{Origin::adopted, 4096}, "ok adopted 4096");
  same(answers::Counter{12}, "ok 12");
  same(answers::Error{{"no such interface"}}, "error no such interface");
}

void check_what_cannot_be_read() {
  for (const char* text : {"pause", "pause ", "pause x", "pause -1", "pause 1x", "pause 4294967296", "resume 1", ""})
    unreadable<orders::Pause>(text);
  unreadable<notices::Running>("running 5");
  unreadable<notices::Running>("running 5 many");
  unreadable<notices::Table>("table s/t xyz 4096");
  unreadable<notices::Table>("table s/t ab -1");
  unreadable<orders::Ring>("ring  2048 4096");
  expect(!verb_of<Order>(message("dance 1")) && !verb_of<Notice>(message("")), "an unknown verb is known");
}

// Older programs omit a word that was added later; newer ones may send an unknown one.
void check_other_versions() {
  expect(parse<orders::PrepareWorker>(message("prepare 7"))->concurrency == Concurrency::beside, "a word left out");
  expect(parse<orders::PrepareWorker>(message("prepare 7 nearby"))->concurrency == Concurrency::beside, "a new word");
  expect(parse<orders::Pause>(message("pause 7 gently"))->next == 7, "a field more");
}

}  // namespace

int main() {
  check_orders();
  check_notices();
  check_answers();
  check_what_cannot_be_read();
  check_other_versions();
  return failures;
}
