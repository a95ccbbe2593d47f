#include "supervisor/processor_time.hh"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <span>
#include <string_view>

#include "shared/file_descriptor.hh"

namespace clickup {

namespace {

// Reads the start of a file that the kernel keeps for the first thread of a process; returns "" if it cannot.
std::string_view read_start(pid_t process, const char* name, std::span<char> text) {
  ::snprintf(text.data(), text.size(), "/proc/%d/task/%d/%s", int(process), int(process), name);
  FileDescriptor file(::open(text.data(), O_RDONLY | O_CLOEXEC));
  ssize_t count = file ? ::read(file.get(), text.data(), text.size() - 1) : -1;
  text[count > 0 ? size_t(count) : 0] = 0;
  return text.data();
}

// The state stands after the program's name in parentheses, which may hold parentheses too (proc_pid_stat(5)).
bool is_runnable(std::string_view stat) {
  size_t name = stat.rfind(')');
  return name != stat.npos && stat.substr(name).starts_with(") R");
}

}  // namespace

ProcessorTime processor_time(pid_t process) {
  std::array<char, 96> text;
  ProcessorTime time;
  std::string_view spent = read_start(process, "schedstat", text);
  time.known = ::sscanf(spent.data(), "%" SCNu64 " %" SCNu64, &time.ran_ns, &time.waited_ns) == 2;
  time.runnable = is_runnable(read_start(process, "stat", text));
  return time;
}

}  // namespace clickup
