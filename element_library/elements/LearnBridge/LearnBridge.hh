// LearnBridge(STATIONS, PORTS..., [VLAN]): a learning bridge whose ports have names.
#pragma once

#include "elements/LearnBridge/bridging.hh"
#include "elements/StationTable/StationTable.hh"

namespace clickup {

class LearnBridge : public Bridging {
 public:
  void configure(Arguments& arguments, Errors& errors) override {
    Element* stations = nullptr;
    bool vlans = false;
    arguments.positional_element("STATIONS", "StationTable", stations).keyword("VLAN", vlans);
    std::vector<PortName> names;
    for (const std::string& text : arguments.rest()) add_name(text, names, errors);
    arguments.finish(errors);
    check_ports(errors);
    if (int(names.size()) != output_count()) {
      errors.add(std::to_string(output_count()) + " ports need as many names in PORTS, not " +
                 std::to_string(names.size()));
    }
    if (!errors.empty()) return;
    bridge(&static_cast<StationTable*>(stations)->state().kernel(), std::move(names), vlans, false);
  }

  void initialize(Host& host, Errors& errors) override { open_counters(host, errors); }
  void add_handlers(HandlerTable& handlers) override { add_counters(handlers); }

 private:
  static void add_name(const std::string& text, std::vector<PortName>& names, Errors& errors) {
    std::string name;
    bool good = parse_string(text, name) && !name.empty() && name.size() <= PortName::kMost;
    if (!good)
      return errors.add("port '" + text + "': a name has 1 to " + std::to_string(PortName::kMost) + " characters");
    names.push_back(PortName::of(name));
    if (std::find(names.begin(), names.end() - 1, names.back()) != names.end() - 1) {
      errors.add("two ports are called '" + name + "'");
    }
  }
};

}  // namespace clickup
