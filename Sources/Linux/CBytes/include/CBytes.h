#pragma once
#include <stdint.h>

/* Questions to sixteen bytes at once, answered with one bit for each, the first byte's lowest.
 *
 * Swift has no way of its own to get such bits. Only values go in and out: nothing here reads memory. The vector types
 * are the compiler's, so every processor it knows gets its own instructions. */

typedef int64_t cbytes_vector __attribute__((vector_size(16)));
typedef uint8_t cbytes_bytes __attribute__((vector_size(16)));
typedef signed char cbytes_truths __attribute__((ext_vector_type(16)));
typedef _Bool cbytes_bits __attribute__((ext_vector_type(16)));

#define CBYTES static inline __attribute__((always_inline))

CBYTES uint32_t cbytes_gather(cbytes_bytes truths) {
    cbytes_bits bits = __builtin_convertvector((cbytes_truths)truths, cbytes_bits);
    uint16_t gathered;
    __builtin_memcpy(&gathered, &bits, sizeof gathered);
    return gathered;
}

/* Bytes below 32, and 127: all that ends a line, tabs too, and all that no line may hold. */
CBYTES uint32_t cbytes_controls(cbytes_vector vector) {
    cbytes_bytes bytes = (cbytes_bytes)vector;
    return cbytes_gather((cbytes_bytes)((bytes < 32) | (bytes == 127)));
}

/* Bytes that are no letter, digit or hyphen, of which nearly all names consist. */
CBYTES uint32_t cbytes_not_name(cbytes_vector vector) {
    cbytes_bytes bytes = (cbytes_bytes)vector;
    cbytes_bytes letters = (bytes | 32) - 'a';
    cbytes_bytes digits = bytes - '0';
    return cbytes_gather((cbytes_bytes)~((letters < 26) | (digits < 10) | (bytes == '-')));
}

/* Bytes that a request's target may not hold, and the backslash, which it may hold in its query only. */
CBYTES uint32_t cbytes_not_target(cbytes_vector vector) {
    cbytes_bytes bytes = (cbytes_bytes)vector;
    cbytes_bytes visible = bytes - 33;
    return cbytes_gather((cbytes_bytes)((visible > 93) | (bytes == '"') | (bytes == '#') | (bytes == '<')
                                        | (bytes == '>') | (bytes == '\\')));
}

/* Bytes that are no letter, digit, hyphen or dot, of which nearly all hosts consist. */
CBYTES uint32_t cbytes_not_host(cbytes_vector vector) {
    cbytes_bytes bytes = (cbytes_bytes)vector;
    cbytes_bytes letters = (bytes | 32) - 'a';
    cbytes_bytes digits = bytes - '0';
    return cbytes_gather((cbytes_bytes)~((letters < 26) | (digits < 10) | (bytes == '-') | (bytes == '.')));
}
