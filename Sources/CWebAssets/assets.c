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
#ifndef SRUN_DATE
#define SRUN_DATE "unknown"
#endif

/* A file that is not there is an array of one byte with size 0, as C has no empty arrays. The compiler writes the files
 * that are there into the dependency file, so a change of one compiles this file again. One that was missing and then
 * appears is not noticed: whatever builds the page touches this file. */

static const unsigned char index_html[] = {
#if __has_embed("../../ui/dist/index.html") == 1
#embed "../../ui/dist/index.html"
#define INDEX_HTML_SIZE sizeof index_html
#else
    0
#define INDEX_HTML_SIZE 0
#endif
};

static const unsigned char app_js[] = {
#if __has_embed("../../ui/dist/app.js") == 1
#embed "../../ui/dist/app.js"
#define APP_JS_SIZE sizeof app_js
#else
    0
#define APP_JS_SIZE 0
#endif
};

static const unsigned char app_js_gz[] = {
#if __has_embed("../../ui/dist/app.js.gz") == 1
#embed "../../ui/dist/app.js.gz"
#define APP_JS_GZ_SIZE sizeof app_js_gz
#else
    0
#define APP_JS_GZ_SIZE 0
#endif
};

static const unsigned char app_css[] = {
#if __has_embed("../../ui/dist/app.css") == 1
#embed "../../ui/dist/app.css"
#define APP_CSS_SIZE sizeof app_css
#else
    0
#define APP_CSS_SIZE 0
#endif
};

static const unsigned char app_css_gz[] = {
#if __has_embed("../../ui/dist/app.css.gz") == 1
#embed "../../ui/dist/app.css.gz"
#define APP_CSS_GZ_SIZE sizeof app_css_gz
#else
    0
#define APP_CSS_GZ_SIZE 0
#endif
};

static const unsigned char favicon_svg[] = {
#if __has_embed("../../ui/dist/favicon.svg") == 1
#embed "../../ui/dist/favicon.svg"
#define FAVICON_SVG_SIZE sizeof favicon_svg
#else
    0
#define FAVICON_SVG_SIZE 0
#endif
};

static const unsigned char licenses_txt[] = {
#if __has_embed("../../ui/dist/licenses.txt") == 1
#embed "../../ui/dist/licenses.txt"
#define LICENSES_TXT_SIZE sizeof licenses_txt
#else
    0
#define LICENSES_TXT_SIZE 0
#endif
};

static const struct srun_asset assets[] = {
    {"index.html", index_html, INDEX_HTML_SIZE},
    {"app.js", app_js, APP_JS_SIZE},
    {"app.js.gz", app_js_gz, APP_JS_GZ_SIZE},
    {"app.css", app_css, APP_CSS_SIZE},
    {"app.css.gz", app_css_gz, APP_CSS_GZ_SIZE},
    {"favicon.svg", favicon_svg, FAVICON_SVG_SIZE},
    {"licenses.txt", licenses_txt, LICENSES_TXT_SIZE},
};

size_t srun_asset_count(void) { return sizeof assets / sizeof assets[0]; }

struct srun_asset srun_asset_at(size_t index) {
    if (index >= srun_asset_count()) return (struct srun_asset){0};
    return assets[index];
}

const char *srun_build_version(void) { return SRUN_VERSION; }
const char *srun_build_commit(void) { return SRUN_COMMIT; }
const char *srun_build_date(void) { return SRUN_DATE; }
