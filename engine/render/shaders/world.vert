#version 330
#include common

uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;
uniform float u_mirror;   // 1: this is the reflected twin
uniform float u_baked;    // 1: bake and sway columns exist
in vec4 p3d_Vertex;
in vec3 p3d_Normal;
in vec4 p3d_Color;
in vec2 p3d_MultiTexCoord0;
in vec4 bake;             // 0..255: occlusion, A, B, C
in vec2 sway;             // metres, phase

out vec3 v_at;            // world, unmirrored
out vec3 v_normal;
out vec4 v_color;
out vec4 v_bake;
out vec2 v_uv;
out float v_flicker;

void main() {
    vec4 world = p3d_ModelMatrix * p3d_Vertex;
    vec3 normal = normalize(mat3(p3d_ModelMatrix) * p3d_Normal);
    float phase = 0.0;
    if (u_baked > 0.5) {
        phase = sway.y;
        if (sway.x > 0.0) {
            float t = u_time_s + 61.0 * sway.y;
            world.xyz += sway.x * vec3(sin(0.9 * t) + 0.35 * sin(2.1 * t + 1.3), sin(0.77 * t + 2.0) * 0.7, 0.0);
        }
        v_bake = bake / 255.0;
        v_flicker = flicker(phase);
    } else {
        v_bake = vec4(1.0, 0.0, 0.0, 0.0);
        v_flicker = 1.0;
    }
    v_at = world.xyz;
    v_normal = normal;
    if (u_mirror > 0.5) {
        float above = u_water.x - world.z;              // twin: height above the water, already turned over
        v_at.z = u_water.x + above;
        v_normal.z = -normal.z;
        if (above > 0.0 && u_head.z > u_water.x + 0.05) {
            float part = (u_head.z - u_water.x) / (u_head.z - world.z);
            vec2 hit = mix(u_head.xy, world.xy, part);  // where the ray meets the surface
            vec2 s = water_slope(hit) * u_water.y;
            float away = length(world.xy - u_head.xy);
            float reach = min(above * 2.0, 0.10 * away + 2.0);
            world.xy += s * reach * 1.6;
            world.z += dot(s, normalize(world.xy - u_head.xy + 1e-4)) * reach * 3.0;
            world.z = min(world.z, u_water.x - 0.01);
        }
    }
    v_color = p3d_Color;
    v_uv = p3d_MultiTexCoord0;
    gl_Position = p3d_ViewProjectionMatrix * world;
}
