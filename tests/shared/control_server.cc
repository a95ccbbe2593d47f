// A control socket on the path given, with handlers for its tests: `echo` (parameters back), `value` (read, write),
// `big` (8 MiB), `later` (a write answered when `now` is written), `warned`, `failing`; ends with its input.
#include <poll.h>

#include <cstdio>
#include <utility>

#include "shared/control_socket.hh"

namespace clickup {
namespace {

class Handlers : public HandlerDirectory {
 public:
  void read(std::string_view name, std::string_view parameters, ReplyFunction reply) override {
    if (name == "echo") return reply({200, std::string(parameters)});
    if (name == "value") return reply({200, value_});
    if (name == "big") return reply({200, std::string(8u << 20, 'x')});
    if (name == "failing") return reply({520, "first line\nsecond line"});
    reply({check(name, false), {}});
  }
  void write(std::string_view name, std::string_view value, ReplyFunction reply) override {
    if (name == "later") return later_.push_back(std::move(reply));
    if (name == "now") {
      for (const auto& waiting : std::exchange(later_, {})) waiting({200, "late"});
      return reply({200, {}});
    }
    if (name == "warned") return reply({220, "mind this"});
    if (name == "close") return close();
    if (name != "value") return reply({check(name, true), {}});
    value_ = value;
    reply({200, {}});
  }
  int check(std::string_view name, bool write) override {
    if (name.find('.') != std::string_view::npos) return 510;
    if (name == "value") return 200;
    if (name == "echo" || name == "big" || name == "failing") return write ? 530 : 200;
    return name == "later" || name == "now" ? (write ? 200 : 530) : 511;
  }
  std::function<void()> close;

 private:
  std::string value_;
  std::vector<ReplyFunction> later_;
};

int serve(const char* path) {
  FileDescriptor listener;
  if (std::string why = listen_unix(path, listener); !why.empty()) {
    std::fprintf(stderr, "%s\n", why.c_str());
    return 1;
  }
  Handlers handlers;
  ControlSocket control(listener.take(), handlers);
  handlers.close = [&control] { control.close_clients(); };
  std::puts("listening");
  std::fflush(stdout);
  for (;;) {
    std::vector<pollfd> polled{{0, POLLIN, 0}};
    control.add_poll(polled);
    ::poll(polled.data(), polled.size(), -1);
    if (polled[0].revents) return 0;
    control.serve(polled);
  }
}

}  // namespace
}  // namespace clickup

int main(int, char** words) { return clickup::serve(words[1]); }
