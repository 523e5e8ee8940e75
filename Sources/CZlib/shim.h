#pragma once

#include <zlib.h>

/// deflateInit2 is a macro, which Swift does not see. 15 + 16: the largest window, with the head and tail of gzip (RFC 1952).
static inline int srun_gzip_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

/// The same for reading; tests read what we have written.
static inline int srun_gunzip_begin(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}
