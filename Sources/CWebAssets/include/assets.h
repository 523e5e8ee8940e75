/* What is part of the program without being code: the page's files, and which version this is. */
#ifndef SRUN_ASSETS_H
#define SRUN_ASSETS_H

#include <stddef.h>

struct srun_asset {
    const char *name;
    const unsigned char *bytes;
    size_t size;
};

/* 0 when the page was not built before the program was. */
size_t srun_asset_count(void);

/* An index beyond the end gives an asset without a name. */
struct srun_asset srun_asset_at(size_t index);

/* docs/openapi.yaml. */
const unsigned char *srun_openapi_bytes(void);
size_t srun_openapi_size(void);

const char *srun_build_version(void);
const char *srun_build_commit(void);
const char *srun_build_date(void);
/* Every package that is part of the program: "name version;name version;...". */
const char *srun_build_parts(void);

#endif
