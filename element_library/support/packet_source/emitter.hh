// An element with one output, pushed or pulled, that emits packets of its own.
#pragma once

#include "driver/element.hh"

namespace clickup {

class Emitter : public Element {
 public:
  bool has_task() const override { return output_is_push(0); }

  bool run_task() override {
    Batch batch;
    emit(batch, kBatchSize);
    bool moved = !batch.empty();
    output(0).push(batch);
    return moved;
  }
  void pull(int, Batch& batch, uint32_t limit) override { emit(batch, limit); }

 protected:
  // Appends the packets that are due, at most `limit`, and no more than the batch has room for.
  virtual void emit(Batch& batch, uint32_t limit) = 0;
};

}  // namespace clickup
