#version 330

uniform sampler2D p3d_Texture0;
uniform vec4 p3d_ColorScale;
uniform float u_glyphs;          // 1: the texture's alpha is the glyph
in vec2 v_uv;
in vec4 v_color;
out vec4 o_color;

void main() {
    vec4 c = v_color * p3d_ColorScale;
    if (u_glyphs > 0.5) c.a *= texture(p3d_Texture0, v_uv).a;
    o_color = c;
}
