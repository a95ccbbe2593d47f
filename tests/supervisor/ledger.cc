// A state of two tables for the tests of the supervisor, and migrations that fail on demand.
#include <unistd.h>

#include <memory>

#include "driver/element.hh"
#include "driver/open_table.hh"
#include "layouts/Ledger.layout.hh"
#include "state_table/migration.hh"

namespace clickup {
namespace {

constexpr uint64_t kNever = kFreeDeadline - 1;
// Faults of a migration for a record of this value, or from this value on.
constexpr uint64_t kCrash = 666, kHang = 667, kSlow = 1'000'000;

template <class Layout>
bool assured(const Layout& record) {
  return record.value % 2 == 1;
}

// Numbers by number, whatever their layout.
class Numbers {
 public:
  virtual ~Numbers() = default;
  virtual std::string open(Host& host, const std::string& state, uint32_t capacity) = 0;
  virtual void put(uint32_t key, uint64_t value) = 0;
  virtual std::string list() const = 0;
  virtual std::string resume() = 0;
  virtual void pause() = 0;
};

template <class Layout>
class NumbersOf : public Numbers {
 public:
  std::string open(Host& host, const std::string& state, uint32_t capacity) override {
    return open_table(host, state, capacity, table_);
  }
  void put(uint32_t key, uint64_t value) override {
    Layout record;
    record.key = key;
    uint64_t hash = table_.hash(record);
    uint32_t index = table_.find(record, hash, 1);
    if (index != table_.kNone) record = table_.at(index);
    record.value = value;
    if (index != table_.kNone) table_.write(index, record, kNever);
    else table_.insert(record, hash, kNever, 1, assured<Layout>);
  }
  std::string list() const override {
    std::string text;
    for (uint32_t i = 0; i < table_.fresh(); ++i)
      if (table_.used(i)) text += std::to_string(table_.at(i).key) + "=" + std::to_string(table_.at(i).value) + " ";
    return text;
  }
  std::string resume() override { return table_.resume().rebuilt ? "rebuilt" : "adopted"; }
  void pause() override { table_.pause(); }

 private:
  StateTable<Layout> table_;
};

// Ledger(LAYOUT, CAPACITY, ON_PAUSE, CHURN): `entries` of layout 1 or 2, and `notes`. ON_PAUSE is stored under key 0
// on pause; CHURN entries change every round.
class Ledger : public Element {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    uint32_t layout = 1;
    arguments.positional("LAYOUT", layout)
        .keyword("CAPACITY", capacity_)
        .keyword("ON_PAUSE", on_pause_)
        .keyword("CHURN", churn_)
        .finish(errors);
    if (layout == 1) entries_ = std::make_unique<NumbersOf<EntriesLayoutV1>>();
    else entries_ = std::make_unique<NumbersOf<EntriesLayoutV2>>();
  }
  void initialize(Host& host, Errors& errors) override {
    for (std::string why : {entries_->open(host, name(), capacity_), notes_.open(host, name(), 64)})
      if (!why.empty()) errors.add(why);
  }
  void add_handlers(HandlerTable& table) override {
    table.read("entries", [this] { return entries_->list(); });
    table.read("notes", [this] { return notes_.list(); });
    table.read("begun", [this] { return begun_; });
    table.write("put", [this](std::string_view text) { return put(*entries_, text); });
    table.write("note", [this](std::string_view text) { return put(notes_, text); });
    table.write("fill", [this](std::string_view text) {
      parse_unsigned(text, filled_);
      for (uint32_t key = 1; key <= filled_; ++key) entries_->put(key, key);
      return std::string();
    });
    table.write("churn", [this](std::string_view text) {
      return parse_unsigned(text, churn_) ? std::string() : std::string("not a number");
    });
  }
  // Changes `churn_` entries a round, one after the other, each of which takes a millisecond to be carried.
  bool has_task() const override { return true; }
  bool run_task() override {
    if (!churning_) return false;
    for (uint64_t i = 0; i < churn_ && filled_ > 0; ++i) {
      next_ = next_ % filled_ + 1;
      entries_->put(uint32_t(next_), kSlow + ++value_);
    }
    return churn_ > 0;
  }
  void resume() override {
    churning_ = true;
    begun_ = entries_->resume();
    notes_.resume();
  }
  void pause() override {
    churning_ = false;
    if (on_pause_) entries_->put(0, on_pause_);
    entries_->pause();
    notes_.pause();
  }

 private:
  // KEY VALUE
  static std::string put(Numbers& numbers, std::string_view text) {
    uint64_t key = 0, value = 0;
    size_t space = text.find(' ');
    if (space == text.npos || !parse_unsigned(text.substr(0, space), key) ||
        !parse_unsigned(text.substr(space + 1), value))
      return "KEY VALUE is needed";
    numbers.put(uint32_t(key), value);
    return {};
  }

  std::unique_ptr<Numbers> entries_;
  NumbersOf<NotesLayout> notes_;
  uint32_t capacity_ = 64;
  uint64_t on_pause_ = 0, churn_ = 0, filled_ = 0, next_ = 0, value_ = 0;
  bool churning_ = false;
  std::string begun_;
};

template <class From, class To>
void convert(const From& from, To& to) {
  if (from.value == kCrash) __builtin_trap();
  while (from.value == kHang) ::pause();
  if (from.value >= kSlow) ::usleep(1000);
  to = To();
  to.key = from.key;
  to.value = from.value;
}
template <class From, class To>
using Migration = StateMigrationOf<From, To, convert<From, To>, assured<To>>;
const Migration<EntriesLayoutV1, EntriesLayoutV2> forth{};
const Migration<EntriesLayoutV2, EntriesLayoutV1> back{};
const Migration<EntriesLayoutV1, EntriesLayoutV1> resize{};

CLICKUP_ELEMENT(Ledger, "0/0");

}  // namespace
}  // namespace clickup
