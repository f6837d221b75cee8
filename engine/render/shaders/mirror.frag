#version 330

// An eye's picture looked up through a rotation: u_row* take (x, y, 1) to (u w, v w, w) within the eye's part of the texture.
uniform sampler2D u_eyes;
uniform vec3 u_row0;
uniform vec3 u_row1;
uniform vec3 u_row2;
uniform vec4 u_part;             // left, bottom, width, height of that part, 0..1
in vec2 v_at;
out vec4 o_color;

void main() {
    vec3 p = vec3(v_at, 1.0);
    float w = dot(u_row2, p);
    vec2 at = vec2(dot(u_row0, p), dot(u_row1, p)) / w;
    bool inside = w > 0.0 && all(greaterThanEqual(at, vec2(-1e-4))) && all(lessThanEqual(at, vec2(1.0001)));
    vec2 half_texel = 0.5 / vec2(textureSize(u_eyes, 0)) / u_part.zw;
    at = clamp(at, half_texel, 1.0 - half_texel);
    o_color = vec4(inside ? texture(u_eyes, u_part.xy + at * u_part.zw).rgb : vec3(0.0), 1.0);
}
