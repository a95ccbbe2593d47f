// Loads cache lines ahead of their use.
#pragma once

namespace clickup {

// Starts to load the cache line at `address`. GCC takes a function that only prefetches for one without an effect and
// drops calls of it; the empty statement passes for one.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  __asm__ volatile("" : : "r"(address));
}

}  // namespace clickup
