// The fate of packets that are in a queue when its worker pauses. Prints nothing and exits with 0 when all is well.
#include <time.h>

#include <cstdio>

#include "driver/handlers.hh"
#include "driver/runtime.hh"
#include "driver/standalone_host.hh"

using namespace clickup;

int main() {
  StandaloneHost host;
  Diagnostics diagnostics;
  const char* text = "InfiniteSource(LIMIT 640) -> q :: Queue -> u :: Unqueue(BURST 1) -> Discard";
  std::unique_ptr<Router> router = Router::build(text, "checks", diagnostics);
  if (!router || !router->initialize(host, diagnostics)) return 1;
  RouterHandlers handlers(*router);
  auto number = [&](const char* name) { return std::stoul(handlers.read_now(name, "").text); };
  auto balanced = [&](const char* when, unsigned long stored, unsigned long drops) {
    bool good = stored > 0 && stored + number("u.count") == 640 && drops == number("q.drops");
    if (!good) std::fprintf(stderr, "%s: %lu stored, %lu dropped\n", when, stored, number("q.drops"));
    return good;
  };
  Runtime runtime(*router);
  runtime.resume();
  for (int i = 0; i < 20; ++i) runtime.round();
  runtime.pause();
  bool good = balanced("paused", number("q.length"), number("q.length"));
  runtime.resume();  // the takeover failed
  good = balanced("resumed", number("q.length"), 0) && good;
  runtime.pause();
  unsigned long lost = number("q.length");
  timespec probation{1, 100'000'000};
  nanosleep(&probation, nullptr);
  runtime.resume();  // the takeover was reverted
  return balanced("reverted", lost, lost) && number("q.length") == 0 && good ? 0 : 1;
}
