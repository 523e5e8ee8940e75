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

const char *srun_build_version(void);
const char *srun_build_commit(void);
const char *srun_build_date(void);

#endif
