# cmake -DIN=file -DOUT=file.c -DHEADER=web/x.h -DFUNCTION=x_text -P embed.cmake
# Writes a C file whose function returns the bytes of IN as a view.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)"
       "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "/* written from ${IN} at build time */
#include \"${HEADER}\"

static const unsigned char bytes[] = {
${bytes}
};

struct str ${FUNCTION}(void)
{
    return (struct str){(const char *)bytes, sizeof bytes};
}
")
