// Loads cache lines ahead of their use.
#pragma once

namespace clickup {

// Starts to load the cache line at `address`. GCC considers a function that only prefetches free of effects and drops
// calls of it; the empty asm statement counts as an effect.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  __asm__ volatile("" : : "r"(address));
}

}  // namespace clickup
