#version 330
#include common

uniform float u_stars;
in vec2 v_corner;
in vec3 v_color;
out vec4 o_color;

void main() {
    float r2 = dot(v_corner, v_corner);
    float shape = u_stars > 0.5 ? exp(-4.0 * r2) - 0.018 : 0.6 * exp(-5.5 * r2) + 0.4 * exp(-40.0 * r2) - 0.0025;
    vec3 c = v_color * max(shape, 0.0) * min(u_exposure, 1.5);
    o_color = vec4(clamp(c, 0.0, 1.0), 1.0);  // screen blend: s (1 - d) + d
}
