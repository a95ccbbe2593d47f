#include "supervisor/processor_time.hh"

#include <fcntl.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>

#include "shared/file_descriptor.hh"

namespace clickup {

ProcessorTime processor_time(pid_t process) {
  char text[96];
  ::snprintf(text, sizeof text, "/proc/%d/task/%d/schedstat", int(process), int(process));
  FileDescriptor file(::open(text, O_RDONLY | O_CLOEXEC));
  ssize_t count = file ? ::read(file.get(), text, sizeof text - 1) : -1;
  if (count <= 0) return {};
  text[count] = 0;
  ProcessorTime time;
  time.known = ::sscanf(text, "%" SCNu64 " %" SCNu64, &time.ran_ns, &time.waited_ns) == 2;
  return time;
}

}  // namespace clickup
