// The driver: runs an element graph, alone or as a supervisor's worker; or carries state between layouts for one.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "driver/carrier.hh"
#include "driver/command_line.hh"
#include "driver/router.hh"
#include "driver/runtime.hh"
#include "driver/standalone_host.hh"
#include "driver/worker.hh"

namespace clickup {
namespace {

constexpr int kConfigurationErrors = 1, kUsage = 2;

bool read_text(const std::string& file, std::string& text) {
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
    return true;
  }
  std::ifstream stream(file, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(stream), {});
  return stream.good() || stream.eof();
}

int report(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) std::cerr << diagnostic.text() << "\n";
  return kConfigurationErrors;
}

bool write_output(const std::string& file, const std::string& text) {
  if (file == "-") {
    std::cout << text << std::flush;
    return true;
  }
  std::ofstream stream(file, std::ios::binary);
  stream << text << std::flush;
  return stream.good();
}

int print_handlers(const Options& options, Router& router) {
  RouterHandlers handlers(router);
  int code = 0;
  for (const std::string& name : options.handlers) {
    HandlerReply reply = handlers.read_now(name, "");
    if (reply.code != 200) {
      std::cerr << "-h " << name << ": " << reply.text << "\n";
      code = kConfigurationErrors;
      continue;
    }
    if (options.handlers.size() > 1) std::cout << name << ":\n";
    std::cout << reply.text;
    if (!reply.text.ends_with('\n')) std::cout << "\n";
    if (options.handlers.size() > 1) std::cout << "\n";
  }
  std::cout << std::flush;
  return code;
}

int run_graph(const Options& options, Router& router) {
  Runtime runtime(router);
  if (!options.socket.empty()) {
    FileDescriptor listener;
    if (std::string error = listen_unix(options.socket, listener); !error.empty()) {
      std::cerr << "-u " << options.socket << ": " << error << "\n";
      return kConfigurationErrors;
    }
    runtime.open_control(listener.take());
  }
  runtime.resume();
  while (runtime.round()) {}
  int code = print_handlers(options, router);  // before cleanup changes their values
  runtime.pause();
  if (!options.socket.empty()) unlink(options.socket.c_str());
  return code;
}

int run_standalone(const Options& options) {
  std::string text = options.text;
  if (!options.has_text && !read_text(options.file, text)) {
    std::cerr << options.file << ": cannot be read: check the path and its permissions\n";
    return kConfigurationErrors;
  }
  StandaloneHost host;
  Diagnostics diagnostics;
  std::unique_ptr<Router> router = Router::build(text, options.has_text ? "config" : options.file, diagnostics);
  if (!router) return report(diagnostics);
  if (!options.output.empty() && !write_output(options.output, router->flat_text())) {
    std::cerr << "-o " << options.output << ": cannot be written: check the path and its permissions\n";
    return kConfigurationErrors;
  }
  if (options.quit) return 0;
  stop_on_signals();
  if (!router->initialize(host, diagnostics)) return report(diagnostics);
  return run_graph(options, *router);
}

int run(const std::vector<std::string>& words) {
  Options options = read_options(words);
  if (!options.wrong.empty()) {
    std::cerr << "driver: " << options.wrong << "\n" << kUsageText;
    return kUsage;
  }
  if (options.carrier_channel >= 0) return run_carrier(options.carrier_channel);
  if (options.worker_channel >= 0) return run_worker(options.worker_channel, options.file.c_str());
  return run_standalone(options);
}

}  // namespace
}  // namespace clickup

int main(int count, char** words) { return clickup::run({words + 1, words + count}); }
