#include "CTLS.h"

#include <openssl/evp.h>
#include <pthread.h>

// A context of its own, which reads no configuration of the machine and may be used by all threads.
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha1;

static void prepare(void) {
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();
    if (library) sha1 = EVP_MD_fetch(library, "SHA1", NULL);
}

int ctls_sha1(const void *bytes, size_t count, uint8_t *digest) {
    pthread_once(&once, prepare);
    return sha1 && EVP_Digest(bytes, count, digest, NULL, sha1, NULL) == 1;
}
