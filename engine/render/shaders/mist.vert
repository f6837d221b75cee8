#version 330
#include common

uniform mat4 p3d_ViewProjectionMatrix;
in vec4 p3d_Vertex;              // centre of the card's foot
in vec2 p3d_MultiTexCoord0;      // corner: -1..1 across, 0..1 up
in vec4 glow;                    // width m, height m, phase, strength
out vec2 v_corner;
out vec3 v_at;
out float v_phase;
out float v_strength;

void main() {
    vec3 c = p3d_Vertex.xyz;
    vec3 drift = vec3(sin(0.05 * u_time_s + 6.28 * glow.z), cos(0.037 * u_time_s + 9.0 * glow.z), 0.0) * 1.2;
    c += drift;
    vec2 to = normalize(u_head.xy - c.xy + vec2(1e-3, 0.0));
    vec3 right = vec3(-to.y, to.x, 0.0);
    v_corner = p3d_MultiTexCoord0;
    v_at = c + right * (v_corner.x * glow.x * 0.5) + vec3(0.0, 0.0, v_corner.y * glow.y);
    v_phase = glow.z;
    v_strength = glow.w;
    gl_Position = p3d_ViewProjectionMatrix * vec4(v_at, 1.0);
}
