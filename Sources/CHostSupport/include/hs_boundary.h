/* The line that no exception crosses: what calls foreign code stands on it. */
#ifndef HS_BOUNDARY_H
#define HS_BOUNDARY_H

/* In a C function that calls foreign code: an exception (of C++, or of any language with the same unwinder) that the callee does
 * not catch finds this frame before any catch of who called the host, and is told that it cannot go on. The thrower's runtime
 * then ends it where it was thrown, with the stack intact: C++ by std::terminate, which aborts, and the crash guard has an abort
 * with the throw on its stack. Costs nothing while nothing is thrown. */
#define HS_BOUNDARY __asm__ volatile(".cfi_personality 0x1b, hs_boundary_personality")

#endif
