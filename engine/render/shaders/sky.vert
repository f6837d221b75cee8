#version 330
#include common

uniform mat4 p3d_ViewProjectionMatrix;
in vec4 p3d_Vertex;
out vec3 v_dir;

void main() {
    v_dir = p3d_Vertex.xyz;
    vec4 clip = p3d_ViewProjectionMatrix * vec4(u_head + p3d_Vertex.xyz * 500.0, 1.0);
    gl_Position = vec4(clip.xy, clip.w * 0.999999, clip.w);  // behind everything
}
