// Police(BUCKETS, [KEY]): parts packets for which their bucket has tokens from those for which it has none.
#pragma once

#include "driver/element.hh"
#include "elements/TokenBuckets/TokenBuckets.hh"
#include "support/kept_counter/kept_counter.hh"

namespace clickup {

class Police : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* buckets = nullptr;
    std::string key = "all";
    arguments.positional_element("BUCKETS", "TokenBuckets", buckets).keyword("KEY", key).finish(errors);
    buckets_ = static_cast<TokenBuckets*>(buckets);
    if (std::string problem = parse_bucket_keying(key, keying_); !problem.empty()) errors.add(problem);
  }

  void initialize(Host& host, Errors& errors) override {
    conforming_.open(*this, "conforming", host, errors);
    exceeding_.open(*this, "exceeding", host, errors);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("conforming", [this] { return conforming_.text(); });
    handlers.read("exceeding", [this] { return exceeding_.text(); });
  }

  void process(Batch& batch) override {
    BucketKernel& kernel = buckets_->kernel();
    BucketPackets packets;  // not a member: output 1 may lead back here
    buckets_->read(batch, keying_, packets);
    Batch conforming, exceeding;
    uint64_t now = now_ns();
    for (uint32_t i = 0; i < batch.count; ++i) {
      bool good = kernel.take(packets[i], batch.items[i]->length, now);
      (good ? conforming : exceeding).add(batch.items[i]);
    }
    batch = conforming;
    conforming_.add(conforming);
    exceeding_.add(exceeding);
    push_or_release(1, exceeding);
  }

 private:
  TokenBuckets* buckets_ = nullptr;
  BucketKeying keying_;
  KeptCounter conforming_, exceeding_;
};

}  // namespace clickup
