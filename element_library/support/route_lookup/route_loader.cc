#include "support/route_lookup/route_loader.hh"

namespace clickup {
namespace {

// Mistakes quote one word. That of a file is not repeated: who names a file need not be who may read it.
std::string without_content(const std::string& mistake) {
  return mistake.starts_with('\'') ? "a word" + mistake.substr(mistake.find(' ')) : mistake;
}

}  // namespace

RouteLoader::RouteLoader(std::unique_ptr<std::istream> lines, std::string name, RouteOutputs outputs)
    : lines_(std::move(lines)), name_(std::move(name)), outputs_(std::move(outputs)) {}

bool RouteLoader::step(uint32_t lines) {
  for (uint32_t i = 0; i < lines; ++i) {
    if (!std::getline(*lines_, line_)) return true;
    ++number_;
    std::string_view text = std::string_view(line_).substr(0, line_.find('#'));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Route route;
    RouteForm form;
    std::string problem = read_route(text, outputs_, route, form);
    if (problem.empty() && form == RouteForm::prefix_only)
      problem = "the output is missing: expected PREFIX [[via] GATEWAY] OUTPUT";
    if (!problem.empty()) {
      problem_ = name_ + " line " + std::to_string(number_) + ": " + without_content(problem);
      return true;
    }
    table_->join(route);
  }
  return false;
}

}  // namespace clickup
