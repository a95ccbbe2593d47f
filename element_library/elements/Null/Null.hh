// Null: hands packets on unchanged.
//
// Ports: 1 input, 1 output, agnostic.
#pragma once

#include "driver/element.hh"

namespace clickup {

class Null : public Element {};

}  // namespace clickup
