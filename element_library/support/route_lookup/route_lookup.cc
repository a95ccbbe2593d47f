#include "support/route_lookup/route_lookup.hh"

#include <arpa/inet.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "support/address_names/address_names.hh"
#include "support/batch_split/batch_split.hh"
#include "support/flow_hash/flow_hash.hh"
#include "support/ip_packet/ip_packet.hh"
#include "support/named_file/named_file.hh"

namespace clickup {
namespace {

constexpr uint32_t kLinesARound = 200;   // well below a millisecond
constexpr uint64_t kMostListed = 65536;  // forwarding must not wait for a longer listing

const uint8_t* ip6_mark(const Packet& packet) {
  bool marked = packet.network_header < packet.begin + packet.length;
  return marked && packet.buffer[packet.network_header] >> 4 == 6 ? packet.destination_ip6 : nullptr;
}

}  // namespace

void RouteLookup::read_routes(Arguments& arguments, Errors& errors) {
  outputs_.count = uint32_t(output_count());
  for (const std::string& argument : arguments.rest()) {
    Route route;
    RouteForm form;
    std::string problem = parse(in_order(with_names(argument)), route, form);
    if (problem.empty() && form == RouteForm::prefix_only) problem = "the output is missing";
    if (!problem.empty()) errors.add("route '" + argument + "': " + problem);
    else if (several_ == Several::yes) table_->join(route);
    else table_->set(route);
  }
}

// Prefix and gateway may be names. Where outputs have names, a word may be one of these.
std::string RouteLookup::with_names(const std::string& argument) const {
  std::istringstream text(argument);
  std::vector<std::string> words{std::istream_iterator<std::string>(text), {}};
  if (words.size() < 2 || !outputs_.names.empty()) return argument;
  words[0] = with_addresses(*this, words[0], AddressKind::ip_or_prefix);
  std::string& gateway = words[words.size() - 2];
  if (words.size() > 2 && gateway != "-") gateway = with_addresses(*this, gateway, AddressKind::ip);
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : " ") + word;
  return joined;
}

void RouteLookup::read_file(const std::string& path, Errors& errors) {
  std::string error;
  std::unique_ptr<std::istream> lines = named_file_lines(path, error);
  if (!lines) return errors.add("FILE " + error);
  RouteLoader loader(std::move(lines), path, outputs_);
  while (!loader.step(kLinesARound)) {}
  if (!loader.problem().empty()) return errors.add(loader.problem());
  std::unique_ptr<RouteTable> read = loader.take();
  table_->for_each([&read](const Route& route) {
    read->join(route);
    return true;
  });
  table_ = std::move(read);
}

std::string RouteLookup::parse(std::string_view text, Route& route, RouteForm& form) const {
  std::string problem = read_route(text, outputs_, route, form);
  if (!problem.empty() || families_ == Families::both) return problem;
  bool fits = route.six == (families_ == Families::six);
  return fits ? "" : std::string("expected an ") + (route.six ? "IPv4" : "IPv6") + " prefix";
}

void RouteLookup::push(int, Batch& batch) {
  uint32_t four[kBatchSize];
  const uint8_t* six[kBatchSize];
  uint8_t place4[kBatchSize], place6[kBatchSize];
  uint32_t count4 = 0, count6 = 0;
  for (uint32_t i = 0; i < batch.count; ++i) {
    if (const uint8_t* address = ip6_mark(*batch.items[i])) {
      six[count6] = address;
      place6[count6++] = uint8_t(i);
    } else {
      four[count4] = batch.items[i]->destination_ip;
      place4[count4++] = uint8_t(i);
    }
  }
  const NextHops* hops[kBatchSize];
  int outputs[kBatchSize];
  if (count4 > 0) table_->look_up4(four, count4, hops);
  for (uint32_t i = 0; i < count4; ++i) outputs[place4[i]] = follow(hops[i], *batch.items[place4[i]]);
  if (count6 > 0) table_->look_up6(six, count6, hops);
  for (uint32_t i = 0; i < count6; ++i) outputs[place6[i]] = follow(hops[i], *batch.items[place6[i]]);
  const int* chosen = outputs;
  split_batch(*this, batch, [&chosen](const Packet&) { return *chosen++; });
}

int RouteLookup::follow(const NextHops* hops, Packet& packet) const {
  if (!hops) return miss_output();
  IpPacket read;
  bool shared = hops->several() && read_ip_packet(packet, read);
  const NextHop& hop = shared ? hops->choose(flow_hash(read, FlowPart::flow)) : hops->first();
  if (hop.has_gateway()) std::memcpy(packet.destination_ip6, hop.gateway.data(), ip6_mark(packet) ? 16 : 4);
  return int(hop.output);
}

bool RouteLookup::run_task() {
  if (!loader_) return false;
  if (!loader_->step(kLinesARound)) return true;
  load_result_ = loader_->problem();
  if (load_result_.empty()) {
    table_ = loader_->take();
    load_result_ = std::to_string(table_->prefixes()) + " prefixes loaded";
  } else {
    chatter(*this, load_result_);
  }
  loader_.reset();
  return true;
}

std::string RouteLookup::load(std::unique_ptr<std::istream> lines, std::string name) {
  if (loader_) return "another table is being loaded: " + loader_->progress();
  loader_ = std::make_unique<RouteLoader>(std::move(lines), std::move(name), outputs_);
  return "";
}

std::string RouteLookup::load_file(const std::string& path) {
  std::string error;
  std::unique_ptr<std::istream> lines = named_file_lines(path, error);
  return lines ? load(std::move(lines), path) : error;
}

void RouteLookup::add_handlers(HandlerTable& handlers) {
  handlers.read("table", [this](std::string_view most) { return table_text(most); });
  handlers.read("lookup", [this](std::string_view address) { return look_up_text(address); });
  handlers.write("add", [this](std::string_view text) { return run(RouteCommand::add, text); });
  handlers.write("set", [this](std::string_view text) { return run(RouteCommand::set, text); });
  handlers.write("remove", [this](std::string_view text) { return run(RouteCommand::remove, text); });
  handlers.write("ctrl", [this](std::string_view lines) { return control(lines); });
  handlers.write("flush", [this](std::string_view) {
    table_ = std::make_unique<RouteTable>();
    return std::string();
  });
}

std::string RouteLookup::run(RouteCommand command, std::string_view text) {
  RouteChange change{command, {}, RouteForm::whole};
  std::string problem = parse(in_order(std::string(text)), change.route, change.form);
  return problem.empty() ? apply_change(*table_, change, several_) : problem;
}

std::string RouteLookup::control(std::string_view lines) {
  std::vector<RouteChange> changes;
  std::string problem = read_lines(lines, changes);
  return problem.empty() ? apply_changes(*table_, changes, several_, outputs_) : problem;
}

std::string RouteLookup::read_lines(std::string_view lines, std::vector<RouteChange>& changes) const {
  for (uint64_t number = 1; !lines.empty(); ++number) {
    std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    RouteChange change;
    std::string problem = read_line(line, change);
    if (!problem.empty()) return "line " + std::to_string(number) + ": " + problem;
    changes.push_back(change);
  }
  return "";
}

std::string RouteLookup::read_line(std::string_view line, RouteChange& change) const {
  line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
  std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
  if (!read_command(word, change.command)) return "'" + std::string(word) + "' is not add, set or remove";
  return parse(in_order(std::string(line.substr(word.size()))), change.route, change.form);
}

std::string RouteLookup::table_text(std::string_view most) const {
  uint64_t limit = kMostListed, listed = 0;
  if (!parse_unsigned(most, limit) || limit > kMostListed) limit = kMostListed;
  std::string text;
  table_->for_each([&](const Route& route) {
    if (listed == limit) return false;
    text += route_text(route, outputs_) + "\n";
    ++listed;
    return true;
  });
  return text;
}

std::string RouteLookup::look_up_text(std::string_view address) const {
  std::string word(address);
  uint8_t bytes[16]{};
  bool six = word.find(':') != std::string::npos;
  if (inet_pton(six ? AF_INET6 : AF_INET, word.c_str(), bytes) != 1) return "expected an IP address";
  uint32_t four;
  std::memcpy(&four, bytes, 4);
  const uint8_t* address6 = bytes;
  const NextHops* hops = nullptr;
  if (six) table_->look_up6(&address6, 1, &hops);
  else table_->look_up4(&four, 1, &hops);
  if (!hops) return "-1";
  std::string text;
  for (const NextHop& hop : hops->all()) {
    text += (text.empty() ? "" : ", ") + outputs_.text(hop.output);
    if (hop.has_gateway()) text += " " + address_text(hop.gateway.data(), six);
  }
  return text;
}

}  // namespace clickup
