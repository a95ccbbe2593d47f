// The supervisor's handlers, as its control socket names them.
#pragma once

#include "shared/control_socket.hh"
#include "supervisor/event_log.hh"
#include "supervisor/supervisor.hh"

namespace clickup {

class SupervisorHandlers : public HandlerDirectory {
 public:
  SupervisorHandlers(Supervisor& supervisor, EventLog& log) : supervisor_(supervisor), log_(log) {}
  void read(std::string_view name, std::string_view parameters, ReplyFunction reply) override;
  void write(std::string_view name, std::string_view value, ReplyFunction reply) override;
  int check(std::string_view name, bool write) override;

 private:
  Supervisor& supervisor_;
  EventLog& log_;
};

}  // namespace clickup
