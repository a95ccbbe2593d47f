#include "driver/command_line.hh"

#include "driver/arguments.hh"

namespace clickup {

const char* const kUsageText =
    "usage: driver [CONFIG | -e TEXT] [-u SOCKET] [-q] [-o FILE] [-h ELEMENT.HANDLER]...\n"
    "       driver --worker CHANNEL_FD CONFIG\n"
    "       driver --carry CHANNEL_FD\n"
    "CONFIG is a file of flattened Click language, - is standard input.\n"
    "  -e TEXT     the configuration itself\n"
    "  -u SOCKET   answer Click's control protocol on this UNIX socket\n"
    "  -q          read, check and configure, then exit\n"
    "  -o FILE     write the flat configuration, - is standard output\n"
    "  -h HANDLER  read this handler when the run ends and print it\n";

namespace {

std::string take_value(Options& options, const std::string& option, const std::string& value) {
  if (option == "-u") options.socket = value;
  if (option == "-o") options.output = value;
  if (option == "-h") options.handlers.push_back(value);
  if (option == "-e") {
    options.text = value;
    options.has_text = true;
  }
  if (option == "--worker" || option == "--carry") {
    uint64_t fd = 0;
    if (!parse_unsigned(value, fd) || fd > 65535) return option + " takes a file descriptor, not '" + value + "'";
    (option == "--worker" ? options.worker_channel : options.carrier_channel) = int(fd);
  }
  return "";
}

std::string take_word(Options& options, const std::string& word) {
  if (word == "-q") {
    options.quit = true;
  } else if (word.size() > 1 && word[0] == '-') {
    return "unknown option " + word;
  } else if (!options.file.empty()) {
    return "two configurations, " + options.file + " and " + word + ": give one";
  } else {
    options.file = word;
  }
  return "";
}

}  // namespace

Options read_options(const std::vector<std::string>& words) {
  Options options;
  for (size_t i = 0; i < words.size() && options.wrong.empty(); ++i) {
    const std::string& word = words[i];
    bool takes_value =
        word == "-e" || word == "-u" || word == "-o" || word == "-h" || word == "--worker" || word == "--carry";
    if (!takes_value) {
      options.wrong = take_word(options, word);
    } else if (i + 1 < words.size()) {
      options.wrong = take_value(options, word, words[++i]);
    } else {
      options.wrong = "option " + word + " needs a value";
    }
  }
  if (!options.wrong.empty() || options.carrier_channel >= 0) return options;
  if (options.has_text && !options.file.empty()) options.wrong = "both a configuration file and -e: give one";
  if (!options.has_text && options.file.empty())
    options.wrong = "no configuration: name a file, or - for standard input";
  if (options.worker_channel >= 0 && options.has_text) options.wrong = "--worker reads a file, not -e";
  return options;
}

}  // namespace clickup
