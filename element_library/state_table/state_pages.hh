// Maps and releases pages of a state table ahead of need, so that no packet waits for the kernel.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace clickup {

inline constexpr size_t kPageBytes = 4096;

// Maps the pages of [begin, end), with zeros where there was nothing; their contents stay as they are.
inline void map_pages(void* begin, const void* end) {
  auto* page = reinterpret_cast<uint8_t*>(reinterpret_cast<uintptr_t>(begin) & ~uintptr_t(kPageBytes - 1));
  const auto* last = static_cast<const uint8_t*>(end);
  if (page >= last) return;
#ifdef MADV_POPULATE_WRITE
  if (madvise(page, size_t(last - page), MADV_POPULATE_WRITE) == 0) return;
#endif
  // Kernels before 5.14. Atomic, because a writer in another process may be at work there.
  for (; page < last; page += kPageBytes) __atomic_fetch_or(page, uint8_t(0), __ATOMIC_RELAXED);
}

// Zeroes whole pages and releases their memory where possible.
inline void drop_pages(void* begin, size_t bytes) {
  if (bytes != 0 && madvise(begin, bytes, MADV_REMOVE) != 0) std::memset(begin, 0, bytes);
}

}  // namespace clickup
