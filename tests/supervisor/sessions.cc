// Sessions without packets for the tests of the supervisor.
#include <array>

#include "driver/element.hh"
#include "elements/SessionTable/SessionTable.hh"

namespace clickup {
namespace {

// Sessions(TABLE): sessions number 0, 1, 2 ... of UDP between 10.77.0.1 and 10.77.0.2, each with two ports of its own.
class Sessions : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* table = nullptr;
    arguments.positional_element("TABLE", "SessionTable", table).finish(errors);
    table_ = static_cast<SessionTable*>(table);
  }
  void add_handlers(HandlerTable& handlers) override {
    handlers.write("open", [this](std::string_view text) { return open(text); });
  }

 private:
  SessionPacket packet(uint32_t number) {
    uint32_t first = 1024 + number % 50'000, second = 9000 + number / 50'000;
    std::array<uint8_t, 28> bytes{0x45,
                                  0,
                                  0,
                                  28,
                                  0,
                                  0,
                                  0,
                                  0,
                                  64,
                                  17,
                                  0,
                                  0,
                                  10,
                                  77,
                                  0,
                                  1,
                                  10,
                                  77,
                                  0,
                                  2,
                                  uint8_t(first >> 8),
                                  uint8_t(first),
                                  uint8_t(second >> 8),
                                  uint8_t(second),
                                  0,
                                  8,
                                  0,
                                  0};
    SessionPacket packet;
    table_->kernel().read(bytes.data(), bytes.size(), packet);
    table_->kernel().locate(packet);
    return packet;
  }

  // open COUNT: so many in all.
  std::string open(std::string_view text) {
    uint64_t count = 0;
    if (!parse_unsigned(text, count)) return "COUNT is needed";
    for (; opened_ < count; ++opened_) {
      table_->kernel().open(packet(opened_), now_ns());
      if (opened_ % 512 == 511) table_->on_timer(now_ns());
    }
    return {};
  }

  SessionTable* table_ = nullptr;
  uint32_t opened_ = 0;
};

CLICKUP_ELEMENT(Sessions, "0/0");

}  // namespace
}  // namespace clickup
