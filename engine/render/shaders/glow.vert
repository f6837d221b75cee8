#version 330
#include common

// Halos and stars: quads that face the head centre (not the camera plane: both eyes must see the same quad).
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;
uniform float u_pixel_rad;       // angle of one pixel
uniform float u_stars;           // 1: the vertices are directions
uniform vec3 u_gain_a;
uniform vec3 u_gain_b;
uniform vec3 u_gain_c;
in vec4 p3d_Vertex;
in vec4 p3d_Color;
in vec2 p3d_MultiTexCoord0;      // corner, -1..1
in vec4 glow;                    // radius m, group, phase, strength
out vec2 v_corner;
out vec3 v_color;

void main() {
    vec3 at;
    float radius;
    float strength = glow.w;
    vec3 light = p3d_Color.rgb;
    if (u_stars > 0.5) {
        at = u_head + normalize(p3d_Vertex.xyz) * 700.0;
        radius = max(glow.x, 1.5 * u_pixel_rad) * 700.0;
        strength *= (1.0 - fog_amount(u_head + normalize(p3d_Vertex.xyz) * 420.0) * exp(-9.0 * p3d_Vertex.z)) * smoothstep(0.02, 0.2, p3d_Vertex.z);
        strength *= 0.85 + 0.15 * sin(u_time_s * (0.7 + glow.z) + 40.0 * glow.z);
        light *= 1.25;
    } else {
        at = (p3d_ModelMatrix * vec4(p3d_Vertex.xyz, 1.0)).xyz;
        radius = glow.x;
        vec3 gain = glow.y < 0.5 ? u_gain_a : (glow.y < 1.5 ? u_gain_b : u_gain_c);
        float power = max(max(gain.r, gain.g), gain.b);
        strength *= (1.0 - 0.8 * fog_amount(at)) * min(power, 1.4) * flicker(glow.z);
        vec3 near = u_head - at;
        float away = length(near);
        at += near / max(away, 1e-3) * min(0.3, 0.3 * away);
        strength *= smoothstep(0.4, 1.6, away);
    }
    vec3 forward = normalize(at - u_head);
    vec3 right = normalize(cross(forward, vec3(0.0, 0.0, 1.0) + 1e-3 * forward.yxz));
    vec3 up = cross(right, forward);
    v_corner = p3d_MultiTexCoord0;
    v_color = light * strength;
    gl_Position = p3d_ViewProjectionMatrix * vec4(at + (right * v_corner.x + up * v_corner.y) * radius, 1.0);
}
