// An element with one output, pushed or pulled, that emits packets of its own.
#pragma once

#include <utility>

#include "driver/element.hh"
#include "support/handler_call/handler_call.hh"

namespace clickup {

class Emitter : public Element {
 public:
  bool has_task() const override { return output_is_push(0); }

  bool run_task() override {
    Batch batch;
    emit(batch, kBatchSize);
    bool moved = !batch.empty();
    output(0).push(batch);
    if (std::exchange(ending_, false)) end_call_.call(*this);
    return moved;
  }
  void pull(int, Batch& batch, uint32_t limit) override {
    if (std::exchange(ending_, false)) end_call_.call(*this);
    emit(batch, limit);
  }
  void initialize(Host&, Errors& errors) override {
    std::string problem = end_call_.check(*this);
    if (!problem.empty()) errors.add("END_CALL " + problem);
  }

 protected:
  // Appends the packets that are due, at most `limit`, and no more than the batch has room for.
  virtual void emit(Batch& batch, uint32_t limit) = 0;

  void read_end(Arguments& arguments, Errors& errors) {
    std::string call;
    arguments.keyword("STOP", stop_).keyword("END_CALL", call);
    if (call.empty()) return;
    if (stop_) errors.add("give STOP or END_CALL, not both");
    std::string problem = end_call_.parse(call);
    if (!problem.empty()) errors.add("END_CALL: " + problem);
  }
  // The last packet is in the batch: ends the driver, or calls END_CALL once the packet is on its way. False when there
  // is neither.
  bool end() {
    if (stop_) request_stop();
    ending_ = end_call_.set();
    return stop_ || ending_;
  }
  bool calls_at_end() const { return end_call_.set(); }

 private:
  bool stop_ = false, ending_ = false;
  HandlerCall end_call_;
};

}  // namespace clickup
