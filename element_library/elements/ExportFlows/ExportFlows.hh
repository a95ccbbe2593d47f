// ExportFlows(FLOWS, COLLECTOR, [PORT, SOURCE, SOURCE_PORT, DOMAIN, TEMPLATES, MTU]): reports flows by IPFIX over UDP.
#pragma once

#include "driver/element.hh"
#include "elements/ExportFlows/ipfix_message.hh"
#include "elements/FlowTable/FlowTable.hh"
#include "support/kept_counter/kept_counter.hh"
#include "support/live_handlers/live_duration.hh"
#include "support/udp_datagram/udp_socket.hh"

namespace clickup {

class ExportFlows : public Element, private FlowExporter {
 public:
  ~ExportFlows() override { ready_.release(); }

  void configure(Arguments& arguments, Errors& errors) override {
    Element* flows = nullptr;
    std::string collector, source;
    uint32_t port = kIpfixPort, source_port = kIpfixPort;
    arguments.positional_element("FLOWS", "FlowTable", flows).required_keyword("COLLECTOR", collector);
    arguments.keyword("PORT", port).keyword("SOURCE", source).keyword("SOURCE_PORT", source_port);
    arguments.keyword("DOMAIN", domain_).keyword("MTU", mtu_);
    read_duration(arguments, errors, "TEMPLATES", templates_every_, 1, kDay);
    arguments.finish(errors);
    flows_ = static_cast<FlowTable*>(flows);
    if (errors.empty()) check(collector, port, source, source_port, errors);
  }

  void initialize(Host& host, Errors& errors) override {
    if (flows_->exporter()) return errors.add("two elements export the flows of '" + flows_->name() + "': keep one");
    flows_->report_to(this);
    messages_.open(*this, "messages", host, errors);
    message_.limit(mtu_ - path_.header_bytes());
    told_ = templates_on(path_);
    if (output_count() > 0) return;
    if (std::string problem = socket_.open(path_); !problem.empty()) errors.add(problem);
  }

  void add_handlers(HandlerTable& handlers) override {
    handlers.read("sequence", [this] { return std::to_string(exporter_.sequence); });
    handlers.read("messages", [this] { return messages_.text(); });
    handlers.read("lost", [this] { return std::to_string(exporter_.lost); });
    live_duration(handlers, *this, "templates", "TEMPLATES", templates_every_, 1, kDay);
  }

  void resume() override {
    ExporterRecords& records = flows_->exporters();
    exporter_ = ExportersLayout();
    exporter_.domain = domain_;
    uint64_t hash = records.hash(exporter_);
    index_ = records.find(exporter_, hash, 0);
    if (index_ != ExporterRecords::kNone) {
      exporter_ = records.at(index_);
    } else {
      index_ = records.insert(exporter_, hash, kForEver, 0, [](const ExportersLayout&) { return false; });
    }
  }

  bool drain() override {
    if (message_.empty() && ready_.empty()) return false;
    send_reports(now_ns());
    output_ready();
    return true;
  }

 private:
  static constexpr uint32_t kIpfixPort = 4739;
  static constexpr double kDay = 86400;                    // seconds
  static constexpr uint64_t kForEver = uint64_t(1) << 62;  // ns

  // Collectors keep templates by the addresses and ports of messages (RFC 7011 8.4). Never 0.
  static uint32_t templates_on(const UdpPath& path) {
    uint64_t seed = uint64_t(ipfix::kTemplates) << 32 | uint32_t(path.source_port) << 16 | path.destination_port;
    return state_tag(
        hash_key<sizeof path.source>(&path.source, hash_key<sizeof path.destination>(&path.destination, seed)));
  }

  void check(const std::string& collector, uint32_t port, const std::string& source, uint32_t source_port,
             Errors& errors) {
    if (!parse_ip_address(collector, path_.destination)) errors.add("COLLECTOR '" + collector + "' is no IP address");
    if (source.empty() && path_.four()) path_.source = ip4_address(path_.source.data());
    if (source.empty() && output_count() > 0) errors.add("SOURCE is missing: packets that leave by output 0 need one");
    if (!source.empty() && !parse_ip_address(source, path_.source))
      errors.add("SOURCE '" + source + "' is no IP address");
    if (is_ip4(path_.source.data()) != path_.four()) errors.add("COLLECTOR and SOURCE are of different IP versions");
    for (uint32_t number : {port, source_port}) {
      if (number < 1 || number > 65535) errors.add(std::to_string(number) + " is no UDP port: give 1 to 65535");
    }
    if (mtu_ < 512 || mtu_ > IpfixMessage::kMost)
      errors.add("MTU is 512 to " + std::to_string(IpfixMessage::kMost) + " bytes");
    path_.destination_port = uint16_t(port);
    path_.source_port = uint16_t(source_port);
  }

  void report(const FlowRecord& flow, FlowEnd why, uint64_t now) override {
    uint64_t unix_offset = realtime_ns() - now_ns();
    if (message_.add(flow, why, unix_offset)) return;
    send_reports(now);
    message_.add(flow, why, unix_offset);
  }
  void push_full() override {
    if (ready_.count >= kBatchSize / 2) output_ready();
  }
  void push_all(uint64_t now) override {
    send_reports(now);
    output_ready();
  }

  void send_reports(uint64_t now) {
    if (exporter_.templates != told_ || reached(exporter_.next_templates, now)) send_templates(now);
    send(message_, now);
  }
  void send_templates(uint64_t now) {
    exporter_.templates = told_;
    exporter_.next_templates = now + templates_every_;
    templates_.add_templates();
    send(templates_, now);
  }

  // The sequence number is advanced in the table before anything is sent, so that none is used twice.
  void send(IpfixMessage& message, uint64_t now) {
    if (message.empty()) return;
    uint32_t records = message.records();
    auto seconds = uint32_t((now + (realtime_ns() - now_ns())) / 1'000'000'000);
    std::span<const uint8_t> payload = message.finish(seconds, exporter_.sequence, domain_);
    exporter_.sequence += records;
    keep();
    if (transmit(payload)) {
      messages_.add(1, payload.size());
    } else {
      exporter_.lost += records;
      keep();
    }
    message.clear();
  }
  void keep() {
    if (index_ != ExporterRecords::kNone) flows_->exporters().write(index_, exporter_, kForEver);
  }
  bool transmit(std::span<const uint8_t> payload) {
    if (output_count() == 0) return socket_.send(payload);
    Packet* packet = ready_.full() ? nullptr : packet_pool().allocate();
    if (!packet) return false;
    write_udp_datagram(path_, payload, *packet);
    packet->timestamp_ns = realtime_ns();
    ready_.add(packet);
    return true;
  }
  void output_ready() {
    Batch ready = ready_;
    ready_.count = 0;
    if (!ready.empty()) output(0).push(ready);
  }

  FlowTable* flows_ = nullptr;
  UdpPath path_;
  uint32_t domain_ = 1, mtu_ = 1400;
  uint32_t told_ = 0;                          // `templates` in the table when ours were sent on this path
  uint64_t templates_every_ = 60'000'000'000;  // ns
  ExportersLayout exporter_;
  uint32_t index_ = ExporterRecords::kNone;
  IpfixMessage message_, templates_;
  Batch ready_;  // packets with messages
  UdpSocket socket_;
  KeptCounter messages_;
};

}  // namespace clickup
