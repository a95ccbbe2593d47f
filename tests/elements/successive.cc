// Runs graphs one after the other like successive workers, over the same state memory and counters: all are ready
// before the first forwards, and each forwards until its source `in` is exhausted and its queues are drained.
//
// successive HANDLERS CONFIG...: after each graph a line for each handler, comma separated: number, name, text with its
// line ends as "|". A graph whose file name ends in ".crash" is not paused; the next one finds what a dead worker
// leaves. After one that ends in ".reboot" the tables are as if restored long after, with all times before the boot.
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "driver/handlers.hh"
#include "driver/runtime.hh"
#include "kernels/reboot.hh"

namespace {

using namespace clickup;

class LastingHost : public Host {
 public:
  std::string packet_socket(std::string_view, const PacketSocket*&) override { return "no interfaces here"; }
  std::string state_memory(std::string_view name, uint64_t layout, size_t bytes, StateMemory& memory) override {
    Table& table = tables_[std::string(name)];
    bool adopted = table.layout == layout && table.bytes == bytes;
    if (!adopted) {
      void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
      if (address == MAP_FAILED) return "no memory";
      table = {address, layout, bytes};
    }
    memory = {table.address, bytes, adopted};
    return "";
  }
  CounterSlot* counter_slot(std::string_view name) override { return &counters_[std::string(name)]; }
  void restore() {
    constexpr uint64_t kHour = 3'600'000'000'000;
    for (auto& [name, table] : tables_) reboot(table.address, now_ns(), now_ns() + kHour, now_ns());
  }

 private:
  struct Table {
    void* address = nullptr;
    uint64_t layout = 0;
    size_t bytes = 0;
  };
  std::map<std::string, Table> tables_;
  std::map<std::string, CounterSlot> counters_;
};

std::unique_ptr<Router> ready(const std::string& path, Host& host) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  Diagnostics diagnostics;
  std::unique_ptr<Router> router = Router::build(text, path, diagnostics);
  if (router && router->initialize(host, diagnostics)) return router;
  for (const Diagnostic& diagnostic : diagnostics) std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  std::exit(1);
}

void tell(size_t number, Router& router, std::string_view names) {
  RouterHandlers handlers(router);
  std::istringstream list{std::string(names)};
  for (std::string name; std::getline(list, name, ',');) {
    std::string text = handlers.read_now(name, "").text;
    for (char& c : text) c = c == '\n' ? '|' : c;
    std::printf("%zu %s %s\n", number, name.c_str(), text.c_str());
  }
}

}  // namespace

int main(int count, char** arguments) {
  LastingHost host;
  std::vector<std::unique_ptr<Router>> routers;
  for (int i = 2; i < count; ++i) routers.push_back(ready(arguments[i], host));
  for (size_t i = 0; i < routers.size(); ++i) {
    Runtime runtime(*routers[i]);
    RouterHandlers handlers(*routers[i]);
    runtime.resume();
    while (handlers.read_now("in.active", "").text == "true") runtime.round();
    runtime.drain();
    tell(i, *routers[i], arguments[1]);
    std::string_view name = arguments[i + 2];
    if (!name.ends_with(".crash")) runtime.pause();
    if (name.ends_with(".reboot")) host.restore();
  }
  return 0;
}
