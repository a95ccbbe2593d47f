#include "driver/handlers.hh"

#include "driver/port_spec.hh"
#include "driver/registry.hh"

#ifndef CLICKUP_VERSION
#define CLICKUP_VERSION "0.1.0"
#endif

namespace clickup {
namespace {

std::string lines(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

std::string list_elements(const Router& router) {
  std::string text = std::to_string(router.elements().size()) + "\n";
  for (const auto& element : router.elements()) text += element->name() + "\n";
  return text;
}

std::string join_arguments(const Element& element) {
  std::string text;
  for (const std::string& argument : element.configuration()) text += (text.empty() ? "" : ", ") + argument;
  return text.empty() ? text : text + "\n";
}

// One line per port: mode ("~" when the class leaves it open), packet count (not counted here), the other ends.
void append_ports(const Element& element, bool output, std::string& text) {
  int count = output ? element.output_count() : element.input_count();
  text += std::to_string(count) + (output ? " output" : " input") + (count == 1 ? "\n" : "s\n");
  const GraphDescription& graph = element.router().graph();
  for (int port = 0; port < count; ++port) {
    bool push = output ? element.output_is_push(port) : !element.input_is_pull(port);
    bool open = processing_of(element.element_class().processing, output, port) == Processing::agnostic;
    text += std::string(push ? "push" : "pull") + (open ? "~\t-\t" : "\t-\t");
    const char* separator = "";
    for (const ConnectionDeclaration& connection : graph.connections) {
      const ElementDeclaration& here = graph.elements[output ? connection.source : connection.target];
      const ElementDeclaration& there = graph.elements[output ? connection.target : connection.source];
      if (here.name != element.name() || (output ? connection.source_port : connection.target_port) != port) continue;
      int far_port = output ? connection.target_port : connection.source_port;
      text += separator + there.name + " [" + std::to_string(far_port) + "]";
      separator = ", ";
    }
    text += "\n";
  }
}

std::string list_ports(const Element& element) {
  std::string text;
  append_ports(element, false, text);
  append_ports(element, true, text);
  return text;
}

}  // namespace

std::string list_handlers(const HandlerTable& table) {
  std::string text;
  for (const auto& [name, handler] : table.all()) {
    text += name + "\t" + (handler.read ? "r" : "") + (handler.writable() ? "w" : "") + "\n";
  }
  return text;
}

void add_element_handlers(const Element& element, HandlerTable& table) {
  table.read("class", [&element] { return std::string(element.class_name()); });
  table.read("name", [&element] { return element.name(); });
  table.read("config", [&element] { return join_arguments(element); });
  table.read("ports", [&element] { return list_ports(element); });
  table.read("handlers", [&element] { return list_handlers(element.router().handlers(element)); });
}

RouterHandlers::RouterHandlers(Router& router) : router_(router) {
  global_.read("version", [] { return std::string(CLICKUP_VERSION); });
  global_.read("driver", [] { return std::string("userlevel"); });
  global_.read("config", [&router] { return router.text(); });
  global_.read("flatconfig", [&router] { return router.flat_text(); });
  global_.read("list", [&router] { return list_elements(router); });
  global_.read("classes", [] { return lines(element_classes()); });
  global_.read("requirements", [&router] { return lines(router.graph().requirements); });
  global_.read("packages", [] { return std::string(); });
  global_.read("handlers", [this] { return list_handlers(global_); });
  global_.write("stop", [](std::string_view) {
    request_stop();
    return std::string();
  });
}

RouterHandlers::Target RouterHandlers::look_up(std::string_view name, bool write) const {
  Target target;
  const HandlerTable* table = &global_;
  std::string_view handler = name;
  if (size_t dot = name.find('.'); dot != std::string_view::npos) {
    std::string_view element_name = name.substr(0, dot);
    handler = name.substr(dot + 1);
    const Element* element = router_.find(element_name);
    if (!element && element_name != "0" && !element_name.empty()) {
      return {nullptr, 510, "No element named '" + std::string(element_name) + "': handler 'list' names them all"};
    }
    if (element) table = &router_.handlers(*element);
  }
  target.handler = table->find(handler);
  if (!target.handler) {
    return {nullptr, 511, "No handler named '" + std::string(name) + "': handler 'handlers' lists what there is"};
  }
  if (write ? !target.handler->writable() : !target.handler->read) {
    return {nullptr, 530, "Handler '" + std::string(name) + "' is " + (write ? "read-only" : "write-only")};
  }
  return target;
}

HandlerReply RouterHandlers::read_now(std::string_view name, std::string_view parameters) {
  Target target = look_up(name, false);
  if (!target.handler) return {target.code, target.error};
  return {200, target.handler->read(parameters)};
}

void RouterHandlers::read(std::string_view name, std::string_view parameters, ReplyFunction reply) {
  reply(read_now(name, parameters));
}

void RouterHandlers::write(std::string_view name, std::string_view value, ReplyFunction reply) {
  Target target = look_up(name, true);
  if (!target.handler) return reply({target.code, target.error});
  auto done = [reply](const std::string& error) {
    reply(error.empty() ? HandlerReply{200, ""} : HandlerReply{520, error});
  };
  if (target.handler->write_later) return target.handler->write_later(value, done);
  done(target.handler->write(value));
}

int RouterHandlers::check(std::string_view name, bool write) { return look_up(name, write).code; }

}  // namespace clickup
