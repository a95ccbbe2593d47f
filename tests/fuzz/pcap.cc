// FromDump on a file of any contents.
#include <sys/mman.h>
#include <unistd.h>

#include "driver/router.hh"
#include "driver/standalone_host.hh"
#include "fuzz/input.hh"

using namespace clickup;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static int file = memfd_create("pcap", MFD_CLOEXEC);
  PROMISE(ftruncate(file, off_t(size)) == 0 && pwrite(file, data, size, 0) == ssize_t(size));
  StandaloneHost host;
  Diagnostics diagnostics;
  std::string name = "/proc/self/fd/" + std::to_string(file);
  auto router = Router::build("from :: FromDump(" + name + ", ACTIVE true) -> Unqueue -> Discard", "fuzz", diagnostics);
  PROMISE(router);
  if (!router->initialize(host, diagnostics)) return 0;
  size_t bytes = 0;
  for (;;) {
    Batch batch;
    router->find("from")->pull(0, batch, kBatchSize);
    if (batch.empty()) break;
    for (const Packet* packet : batch) bytes += packet->length;
    batch.release();
  }
  PROMISE(bytes <= size);
  return 0;
}
