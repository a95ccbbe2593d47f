// Tells which output of an element a packet goes to.
#pragma once

#include <memory>
#include <string>

#include "driver/handlers.hh"
#include "driver/router.hh"
#include "driver/standalone_host.hh"
#include "fuzz/input.hh"

namespace clickup {

// Its inputs are the other end of an element's outputs.
class Witness : public Element {
 public:
  static constexpr int kNobody = -1;

  void push(int port, Batch& batch) override {
    seen = port;
    batch.release();
  }
  int seen = kNobody;
};
CLICKUP_ELEMENT(Witness, "1-/0", "h/h");

inline std::unique_ptr<Router> fuzz_router(const std::string& text) {
  static StandaloneHost host;
  Diagnostics diagnostics;
  std::unique_ptr<Router> router = Router::build(text, "fuzz", diagnostics);
  PROMISE(router && router->initialize(host, diagnostics));
  return router;
}

// The output of `element`, connected to the witness `w`, to which it sends the packet; kNobody when it drops it.
inline int output_of(Element& element, Packet* packet) {
  auto& witness = static_cast<Witness&>(*element.router().find("w"));
  witness.seen = Witness::kNobody;
  Batch batch;
  batch.add(packet);
  element.push(0, batch);
  return witness.seen;
}

}  // namespace clickup
