#include "assets.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

/* Written by `make`; a plain `swift build` does without. */
#if __has_include("generated/build_info.h")
#include "generated/build_info.h"
#endif

#ifndef SRUN_VERSION
#define SRUN_VERSION "0.1.0-dev"
#endif
#ifndef SRUN_COMMIT
#define SRUN_COMMIT "unknown"
#endif
#ifndef SRUN_PARTS
#define SRUN_PARTS ""
#endif
#ifndef SRUN_DATE
#define SRUN_DATE "unknown"
#endif

/* The page and its parts, as they were built; the list is empty when they were not. The compiler writes the files into the
 * dependency file, so a change of one compiles this file again. A list that was missing and then appears is not noticed:
 * whatever builds the page touches this file. */
#if __has_include("../../ui/dist/assets.inc")
#include "../../ui/dist/assets.inc"
#else
#define SRUN_ASSETS
#endif

/* The last one has no name: C has no empty arrays. */
static const unsigned char openapi[] = {
#embed "../../docs/openapi.yaml"
};

static const struct srun_asset assets[] = {SRUN_ASSETS{0, 0, 0}};

size_t srun_asset_count(void) { return sizeof assets / sizeof assets[0] - 1; }

struct srun_asset srun_asset_at(size_t index) {
    if (index >= srun_asset_count()) return (struct srun_asset){0};
    return assets[index];
}

const unsigned char *srun_openapi_bytes(void) { return openapi; }
size_t srun_openapi_size(void) { return sizeof openapi; }

const char *srun_build_version(void) { return SRUN_VERSION; }
const char *srun_build_commit(void) { return SRUN_COMMIT; }
const char *srun_build_date(void) { return SRUN_DATE; }
const char *srun_build_parts(void) { return SRUN_PARTS; }
